/** What `validate` has found, in the Static Analysis Results Interchange Format, version 2.1.0, which services for code read. */
import { version } from '../base/generated/build-info.js';
import { codes, type Severity } from '../config/validate/codes.js';
import type { ValidationFinding } from '../config/validate/validate.js';
import type { ValidatedFile } from './findings-output.js';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', advice: 'note' };

/** A SARIF log of one run, with a rule for each kind of finding that is in it. */
export function findingsSarif({ name, findings }: ValidatedFile): string {
  const used = [...new Set(findings.map(({ code }) => code))];
  const rules = used.map((id) => {
    const { about = id, severity = 'error' } = codes[id] ?? {};
    return { id, shortDescription: { text: about }, defaultConfiguration: { level: levels[severity] } };
  });
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tsrunc', version, semanticVersion: version, rules } },
        columnKind: 'unicodeCodePoints',
        results: findings.map((finding) => resultOf(finding, used.indexOf(finding.code), uriOf(name))),
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function resultOf(finding: ValidationFinding, ruleIndex: number, uri: string): object {
  const { severity, code, pointer, position, message } = finding;
  const region = position && { startLine: position.line, startColumn: position.column };
  return {
    ruleId: code,
    ruleIndex,
    level: levels[severity],
    message: { text: pointer === '' ? message : `${pointer}: ${message}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri }, ...(region && { region }) },
        ...(pointer !== '' && { logicalLocations: [{ fullyQualifiedName: pointer, kind: 'member' }] }),
      },
    ],
  };
}

/** The URI reference of a path: relative ones stay so, for services to find them in their tree. */
function uriOf(path: string): string {
  const uri = path
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/[\ud800-\udfff]/gu, '\ufffd')))
    .join('/');
  if (uri.startsWith('/')) return `file://${uri}`;
  return uri.replace(/^(\.\/)+/, '');
}

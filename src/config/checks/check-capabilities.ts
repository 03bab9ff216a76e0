/** Checks process.capabilities. */
import { quote } from '../../base/quote.js';
import { capabilityNames } from '../capability-names.js';
import { eachItem, type Findings } from '../findings.js';
import type { Capabilities } from '../spec.js';

const known = new Set(capabilityNames);
const isKnown = (name: string): boolean => known.has(name);

/**
 * process.capabilities. An unknown name gets one warning, for the first set that has it: "runtimes SHOULD NOT fail" because of it
 * (config.md, capabilities). Sets that capset(2) would refuse are a mistake.
 */
export function checkCapabilities(sets: Capabilities | undefined, pointer: string, findings: Findings): void {
  if (sets === undefined) return;
  const told = new Set<string>();
  for (const name of ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'] as const) {
    if (sets[name]?.every(isKnown) ?? true) continue;
    eachItem(sets[name], `${pointer}/${name}`, (capability, at) => {
      if (known.has(capability) || told.has(capability)) return;
      told.add(capability);
      const upper = capability.toUpperCase();
      const near = findings.guesses.nearest(upper.startsWith('CAP_') ? upper : `CAP_${upper}`, capabilityNames);
      const guess = near === undefined ? '' : `; did you mean ${quote(near)}?`;
      findings.warn(at, `${quote(capability)} is no known capability and is left out${guess}`, {
        code: 'unknown-capability',
      });
    });
  }
  const permitted = new Set(sets.permitted);
  const inheritable = new Set(sets.inheritable);
  const lacking = (capability: string) => known.has(capability) && !permitted.has(capability);
  if (!findings.isDamaged(`${pointer}/permitted`)) {
    eachItem(sets.effective, `${pointer}/effective`, (capability, at) => {
      if (lacking(capability)) findings.problem(at, `${capability} is not in permitted; must be there to be effective`);
    });
  }
  eachItem(sets.ambient, `${pointer}/ambient`, (capability, at) => {
    if (lacking(capability) || (known.has(capability) && !inheritable.has(capability))) {
      findings.warn(at, `${capability} is not both in permitted and in inheritable: it can't become ambient`);
    }
  });
}

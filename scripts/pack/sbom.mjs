// The bill of materials, in the form of CycloneDX: what is in the executables, the addons, and the npm package.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { sha256 } from './checksums.mjs';
import { contents, npmPackage } from './contents.mjs';

const { ComponentType } = Enums;
const { version: libraryVersion } = createRequire(import.meta.url)('@cyclonedx/cyclonedx-library/package.json');

const licence = (text) => (text.includes(' ') ? new Models.LicenseExpression(text) : new Models.SpdxLicense(text));

function component(type, { name, version, license, purl, reference = purl }) {
  const made = new Models.Component(type, name, { bomRef: reference, version, purl });
  if (license) made.licenses.add(licence(license));
  return made;
}

/** Adds what is inside `whole` to the bill, each version of a library once, and says that `whole` holds it. */
function addParts(bom, whole, parts) {
  for (const part of parts) {
    const known = [...bom.components].find(({ bomRef }) => bomRef.value === part.purl);
    const made = known ?? component(ComponentType.Library, part);
    bom.components.add(made);
    whole.dependencies.add(made.bomRef);
  }
}

/** One compiled file, with its hash, so that it can be told which file the bill is of. */
function addFile(bom, application, path, { name, version }, parts) {
  const file = component(ComponentType.File, { name, version, reference: `file:${name}` });
  file.hashes.set(Enums.HashAlgorithm['SHA-256'], sha256(path));
  bom.components.add(file);
  application.dependencies.add(file.bomRef);
  addParts(bom, file, parts);
}

/**
 * Writes the bill.
 * @param compiled what `binaries` returns, by architecture
 * @param dependencies names of the npm packages that the library asks for
 * @returns the name of the file in `out`
 */
export function billOfMaterials({ manifest, version, epoch }, compiled, dependencies, out) {
  const bom = new Models.Bom();
  const { license } = manifest;
  const application = component(ComponentType.Application, {
    name: 'tsrunc',
    version,
    license,
    purl: `pkg:npm/tsrunc@${version}`,
  });
  bom.metadata.component = application;
  bom.metadata.timestamp = new Date(epoch * 1000);
  bom.metadata.tools.components.add(
    component(ComponentType.Library, {
      name: '@cyclonedx/cyclonedx-library',
      version: libraryVersion,
      reference: 'tool',
    }),
  );
  for (const [arch, files] of Object.entries(compiled)) {
    const { executable, addon } = contents(arch, files);
    addFile(bom, application, files.executable, { name: `linux-${arch}/bin/tsrunc`, version }, executable);
    addFile(bom, application, files.addon, { name: `linux-${arch}/tsrunc.node`, version }, addon);
  }
  addParts(bom, application, dependencies.map(npmPackage));
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const name = `tsrunc-${version}.cdx.json`;
  writeFileSync(join(out, name), `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`);
  return name;
}

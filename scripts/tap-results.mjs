// Reads TAP as it comes, and keeps what matters: each file's counts, each failure with its place, each skip's reason.

/** One result line: indentation, verdict, name, directive. */
const resultLine = /^( *)(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO)\b ?(.*?))?(?: # time=.*)?(?: \{)?$/i;

export class TapResults {
  passed = 0;
  failed = 0;
  /** Reason to how many tests have it. */
  skipped = new Map();
  failures = [];
  #onFile;
  /** Names of the open subtests, by depth; how many results each has had. */
  #names = [];
  #children = [];
  #failuresBefore = [];
  #diagnostics = null;
  #file = { passed: 0, failed: 0, skipped: 0 };

  /** @param onFile called with the name, counts and failures of every file that has ended. */
  constructor(onFile) {
    this.#onFile = onFile;
  }

  /**
   * Takes the whole output of a test file.
   * @param how '' for a file that ended well, else how it ended: a failure, if its output shows none.
   */
  file(name, output, how) {
    const failed = this.failed;
    this.#line(`# Subtest: ${name}`);
    const lines = output.split('\n');
    for (const line of lines) this.#line(`    ${line}`);
    // One that was killed may have been in the middle of saying why a test failed.
    this.#diagnostics = null;
    if (how === '' && lines.some((line) => /^1\.\.\d+/.test(line))) {
      this.#line(`ok 1 - ${name}`);
      return;
    }
    if (this.failed === failed || how.startsWith('killed')) this.#line(`    not ok 1 - ${how || 'it printed no plan'}`);
    this.#line(`not ok 1 - ${name}`);
  }

  get skips() {
    return [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
  }

  #line(line) {
    if (this.#diagnostics) {
      if (line.trim() === '...') this.#diagnostics = null;
      else this.#diagnostics.push(line);
      return;
    }
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest) {
      const depth = subtest[1].length / 4;
      this.#names.length = depth;
      this.#names[depth] = subtest[2];
      this.#children[depth + 1] = 0;
      this.#failuresBefore[depth] = this.failures.length;
      return;
    }
    if (line.trim() === '---') {
      this.#diagnostics = this.#last ?? [];
      return;
    }
    const result = resultLine.exec(line);
    if (result) this.#result(result[1].length / 4, !result[2], result[3] ?? '', result[4], result[5]);
  }

  #last = null;

  #result(depth, ok, name, directive, reason) {
    const closes = this.#names.length > depth && (this.#children[depth + 1] ?? 0) > 0;
    this.#children[depth] = (this.#children[depth] ?? 0) + 1;
    this.#last = null;
    if (directive?.toUpperCase() === 'SKIP') {
      this.skipped.set(reason || 'no reason given', (this.skipped.get(reason || 'no reason given') ?? 0) + 1);
      this.#file.skipped++;
    } else if (!ok && (!closes || this.failures.length === this.#failuresBefore[depth])) {
      // A subtest that failed only as the sum of its parts is no failure of its own.
      const failure = { where: [...this.#names.slice(0, depth), name].join(' > '), details: [] };
      this.failures.push(failure);
      this.#last = failure.details;
      this.failed++;
      this.#file.failed++;
    } else if (ok && !closes) {
      this.passed++;
      this.#file.passed++;
    }
    this.#names.length = Math.min(this.#names.length, depth);
    if (depth === 0) {
      this.#onFile(name, this.#file);
      this.#file = { passed: 0, failed: 0, skipped: 0 };
    }
  }
}

// The matrix of engines and cases, from the results of a run.

/** The mark of a result, beside what the control did: what fails with runc too says nothing about tsrunc. */
function mark(result, control) {
  if (!result) return '';
  if (result.result !== 'fail') return result.result;
  return control?.result === 'fail' ? 'fails with both' : '**FAILS**';
}

const key = ({ engine, driver, runtime, case: name }) => [engine, driver, runtime, name].join('\n');

/** The results by engine, case, driver and runtime. */
export class Matrix {
  #results = new Map();

  add(result) {
    this.#results.set(key(result), result);
  }

  get results() {
    return [...this.#results.values()];
  }

  #control(result) {
    return this.#results.get(key({ ...result, runtime: result.runtime === 'runc' ? 'tsrunc' : 'runc' }));
  }

  /** What tsrunc fails and runc doesn't; what tsrunc fails where runc was not tried counts. */
  get failures() {
    return this.results.filter(
      (result) => result.runtime === 'tsrunc' && result.result === 'fail' && this.#control(result)?.result !== 'fail',
    );
  }

  #among(what) {
    return [...new Set(this.results.map((result) => result[what]))];
  }

  /** How a column is called: by the driver too where there are several. */
  #column = ({ driver, runtime }) => (this.#among('driver').length > 1 ? `${runtime}, ${driver}` : runtime);

  #table(engine) {
    const columns = this.#among('driver').flatMap((driver) =>
      ['tsrunc', 'runc'].map((runtime) => ({ engine, driver, runtime })),
    );
    const filled = columns.filter((column) =>
      this.results.some((result) => Object.entries(column).every(([name, value]) => result[name] === value)),
    );
    const names = [...new Set(this.results.filter((result) => result.engine === engine).map((one) => one.case))];
    const cell = (result) => {
      if (!result) return '';
      const time = result.seconds >= 0.05 ? ` ${result.seconds.toFixed(1)}` : '';
      return `${mark(result, this.#control(result))}${result.result === 'ok' ? time : ''}`;
    };
    return [
      `| ${['case', ...filled.map(this.#column)].join(' | ')} |`,
      `| ${['---', ...filled.map(() => '---')].join(' | ')} |`,
      ...names.map((name) => {
        const cells = filled.map((column) => cell(this.#results.get(key({ ...column, case: name }))));
        return `| ${[name, ...cells].join(' | ')} |`;
      }),
    ];
  }

  /** The matrix as Markdown: a table for each engine, with seconds, then why what is not `ok` is not. */
  markdown() {
    const tables = this.#among('engine').flatMap((engine) => [`## ${engine}`, '', ...this.#table(engine), '']);
    const notes = (title, results) => {
      const rows = results.map((result) => {
        const text = result.reason.replaceAll(/\s+/g, ' ').slice(0, 300).replaceAll('|', '\\|');
        return `| ${result.engine}: ${result.case} | ${result.runtime}, ${result.driver} | ${text} |`;
      });
      return rows.length > 0 ? [`## ${title}`, '', '| case | with | |', '| --- | --- | --- |', ...rows, ''] : [];
    };
    const good = ({ result }) => result === 'ok';
    return [
      ...tables,
      ...notes(
        'Figures',
        this.results.filter((result) => good(result) && result.reason),
      ),
      ...notes(
        'What was not ok',
        this.results.filter((result) => !good(result)),
      ),
    ]
      .join('\n')
      .trimEnd();
  }

  /** Counts for a summary: a failure that runc has too is counted as skipped. */
  counts() {
    const failed = this.failures.length;
    const tsrunc = this.results.filter(({ runtime }) => runtime === 'tsrunc');
    const passed = tsrunc.filter(({ result }) => result === 'ok').length;
    return { passed, failed, skipped: tsrunc.length - passed - failed };
  }
}

/** How the commands of each page are run, and which can't be. */

/** Commands that aren't run, wherever they stand, with the reason. */
export const notRun: readonly (readonly [RegExp, string])[] = [
  [/^npm (run|test|ci|install)\b|^npx /, 'builds, tests or measures the project itself'],
  [/^systemctl |^systemd-run /, 'needs systemd: test/engines'],
  [/--systemd-cgroup /, 'needs systemd: test/engines'],
  [/^(ctr|nerdctl|docker|podman|buildah) /, 'needs an engine: test/engines'],
  [/^tsrunc --root \/run\/containerd\//, 'needs an engine: test/engines'],
  [/^tsrunc (checkpoint|restore) /, 'needs criu: integration/checkpoint'],
  [/^(sudo )?(apt|apt-get|dpkg|npm) |^curl |^tar |^sha256sum |^node -p /, 'installs packages, or needs one that is'],
];

/** How a page is run. */
export interface PageRun {
  /** Bash commands that come before the page's own. */
  before?: string;
  /** What stands for something else on the page, and what it is here. */
  words?: Record<string, string>;
  /** What is done on the terminal while they run. */
  terminal?: (readonly ['expect' | 'send', string])[];
  /** First lines of blocks that show what is printed. */
  output?: RegExp;
  /** No command of the page is run, for this reason. */
  skip?: string;
}

const bundle = (args: string): string => `mkdir -p rootfs/bin
for name in busybox sh sleep true id; do cp "$BUSYBOX" rootfs/bin/$name; done
tsrunc spec --no-terminal -- ${args}`;

/** Pages whose commands need something, also such as a source tree need not have. All others are run in a bundle whose container is called box. */
export const pageRuns: Record<string, PageRun> = {
  'README.md': {
    terminal: [
      ['expect', '/ # '],
      ['send', 'exit\n'],
    ],
  },
  'docs/plan.md': {
    before: `${bundle('sleep 1000')}\ntsrunc run --detach box`,
    words: { DIR: '.', ID: 'box', OTHER: 'box', COMMAND: 'id' },
  },
  'docs/architecture.md': { skip: 'is a picture' },
  'docs/protocol.md': { skip: 'is a picture' },
  'docs/standalone.md': { skip: 'is a picture' },
  'docs/library.md': { skip: 'is TypeScript' },
  'docs/doctor.md': { before: bundle('true'), output: /^cgroups$/ },
  'docs/validate.md': { before: `${bundle('true')}\nmkdir -p deploy/web\ncp config.json deploy/web` },
  'docs/faq.md': { before: `${bundle('true')}\nrm config.json` },
  'docs/systemd.md': { before: `${bundle('sleep 1000')}\ntsrunc run --detach web` },
  'docs/install.md': { before: `${bundle('sleep 1000')}\ntsrunc run --detach box` },
};

/** How any other page is run. */
export const usualRun: PageRun = { before: bundle('true') };

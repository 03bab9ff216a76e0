import t from 'tap';
import { runCli } from '../../helpers/cli-fake.js';

/** What people type, and a part of the message that names the right command line. */
const typed: readonly (readonly [line: string, hint: string])[] = [
  ['exec -it web sh', '"tsrunc exec -t web sh"'],
  ['exec -ti web sh', '"tsrunc exec -t web sh"'],
  ['exec -i web cat', '"tsrunc exec web cat"'],
  ['exec -i -t web sh -c x', '"tsrunc exec -t web sh -c x"'],
  ['exec --interactive web cat', '"tsrunc exec web cat"'],
  ['exec --workdir /tmp web ls', '--cwd DIR'],
  ['kill -9 web', '"tsrunc kill web 9"'],
  ['kill -KILL web', '"tsrunc kill web KILL"'],
  ['kill -SIGKILL web', '"tsrunc kill web SIGKILL"'],
  ['kill -s KILL web', '"tsrunc kill web KILL"'],
  ['kill --signal KILL web', '"tsrunc kill web KILL"'],
  ['kill --signal=KILL web', '"tsrunc kill web KILL"'],
  ['kill web -9', '"tsrunc kill web 9"'],
  ['kill web -s KILL', '"tsrunc kill web KILL"'],
  ['kill KILL web', '"tsrunc kill web KILL"'],
  ['kill web KIL', 'a name such as TERM'],
  ['version', '"tsrunc --version"'],
  ['rm web', '"tsrunc delete ID"'],
  ['ls', '"tsrunc list"'],
  ['inspect web', '"tsrunc state ID"'],
  ['logs web', 'stdout and stderr'],
  ['stop web', '"tsrunc kill ID TERM"'],
  ['restart web', '"tsrunc run ID"'],
  ['top web', '"tsrunc ps ID"'],
  ['stats web', '"tsrunc events ID"'],
  ['attach web', '"tsrunc exec -t ID sh"'],
  ['unpause web', '"tsrunc resume ID"'],
  ['pull busybox', 'no images'],
  ['help rm', '"tsrunc delete ID"'],
  ['run --rm web', '--keep keeps it'],
  ['run -it web', 'process.terminal'],
  ['run -v /a:/b web', 'in mounts'],
  ['run --name web', '"tsrunc run ID"'],
  ['run web sh -c ls', '"tsrunc spec -- sh -c ls"'],
  ['create -e A=b web', 'process.env'],
  ['list -a', 'every container'],
  ['ps -ef web', '"tsrunc ps web -ef"'],
  ['delete -rf web', '"tsrunc delete --force web"'],
  ['delete web box', 'one container at a time'],
  ['events --no-stream web', '--stats'],
];

t.test('what people type who come from elsewhere is an error that names the right command line', async (t) => {
  for (const [line, hint] of typed) {
    const { code, stdout, stderr } = runCli(line.split(' '));
    t.equal(code, 1, line);
    t.equal(stdout, '', line);
    t.ok(stderr.includes(hint), `${line}: ${stderr}`);
    t.equal(stderr.trim().split('\n').length, 1, line);
  }
});

t.test('a hint repeats no control characters and no long words', async (t) => {
  const { stderr } = runCli(['exec', '-it', 'web', 'a\u001b[31m\n'.repeat(300)]);
  for (const character of ['\u001b', '\n']) t.notOk(stderr.trimEnd().includes(character));
  t.ok(stderr.length < 600);
});

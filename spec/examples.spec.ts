import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { itWith } from './real/programs.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
/** No colours, and no coverage of lib by what is not a spec. */
const env = { ...process.env, FORCE_COLOR: undefined, NODE_V8_COVERAGE: undefined };

/** What each example prints, whole. */
const outputs: Record<string, string> = {
  '01-exclusive-waiters.ts': `
wake with job 1
  the log notes job 1
  anna takes job 1
  woken: 2, still queued: 3
wake with job 2
  the log notes job 2
  carl takes job 2
  woken: 2, still queued: 2
wake with job 3
  the log notes job 3
  woken: 1, still queued: 2
two tokens, woken: 2
  waiter 1: fulfilled
  waiter 2: rejected
  waiter 3: fulfilled
`,
  '02-three-layers.ts': `
state pending
layer 1 unpacks
layer 2 holds until the length has been looked up
complete() answered true, state completing
a second complete() answers false
layer 2 resumes: length 11, expected 11
layer 3 adds an exclamation mark
waiter 1: "wait queues!", state done
waiter 2 is told after waiter 1
await gives "wait queues!"
`,
  '03-mirror-read.ts': `
west has a bad sector
north answers
east stops: it lost
child 2 lost
the block, from north
failed, done, cancelled
north has a bad sector
west has a bad sector
[ 'Error: west: bad sector', 'Error: north: bad sector' ]
west stops: nobody needs the block
north stops: nobody needs the block
cancelled cancelled
`,
  '04-mutex.ts': `
anna has the lock, turn 1
bert gave up: Error: no time
anna releases it
carl has the lock, turn 2
carl releases it
TimeoutError: Timed out after 5 ms
free again: true
`,
  '05-poll.ts': `
after a wait: 7, 3
at once: 3, 7
within 5 ms: none
entries left behind: 0
`,
  '06-encrypted-stripe.ts': `
waitQueue: a disk of 3072 KiB
  written: 1048576 bytes
  read: 1048576 bytes
  the same: true
  readable on the files: false
  cancel: requested
  ECANCELED after 192 KiB, state cancelled
cloneKiobuf: a disk of 3072 KiB
  written: 1048576 bytes
  read: 1048576 bytes
  the same: true
  readable on the files: false
  cancel: requested
  ECANCELED after 192 KiB, state cancelled
pages in use: 0
`,
  '07-token-refresh.ts': `
  send /a with the old token
  send /b with the old token
  send /c with the old token
  refresh the token
  the new token is here
  send /a with the new token
  send /b with the new token
  send /c with the new token
200 contents of /a (1)
200 contents of /b (1)
200 contents of /c (1)
`,
  '08-deadlock.ts': `
a circle of 10:
task "Anna" waits for Mutex "left of Bert"
Mutex "left of Bert" is held by task "Bert"
task "Bert" waits for Mutex "left of Carl"
Mutex "left of Carl" is held by task "Carl"
task "Carl" waits for Mutex "left of Dora"
Mutex "left of Dora" is held by task "Dora"
task "Dora" waits for Mutex "left of Erik"
Mutex "left of Erik" is held by task "Erik"
task "Erik" waits for Mutex "left of Anna"
Mutex "left of Anna" is held by task "Anna"
Mutex "left of Anna"
  is held by task "Anna"
    waits for Mutex "left of Bert"
      … and 1 more
  is waited for by a sleeper in task "Erik"
Bert eats
Anna eats
Erik eats
Dora eats
4 have eaten, circles left: 0
`,
  '09-healing-disk.ts': `
mkfs.ext4: done
nbdcopy: done
found:
  mirror: 0 bytes wrong, 1048576 not readable, 0 repaired
  checksum of a: 1048576 bytes wrong, 0 not readable, 0 repaired
  checksum of b: 0 bytes wrong, 0 not readable, 0 repaired
healed:
  mirror: 0 bytes wrong, 1048576 not readable, 1048576 repaired
  checksum of a: 0 bytes wrong, 0 not readable, 0 repaired
  checksum of b: 0 bytes wrong, 0 not readable, 0 repaired
nbdcopy: done
e2fsck: done
`,
  '10-a-design-of-your-own.ts': `
carving 4, waitQueue: 5 headers, 4 operations
carving 4, cloneKiobuf: 5 headers, 4 operations
carving 4, countdown: 5 headers, 4 operations
carving 4, edge: 1 headers, 0 operations
retry 16, waitQueue: 18 headers, 17 operations
retry 16, cloneKiobuf: 20 headers, 17 operations
retry 16, countdown: cannot, it carves requests up, and has no layer 'retry'
retry 16, edge: 1 headers, 0 operations
`,
  '11-supervisor.ts': `
life 1
  well, for the time 1
  well, for the time 2
  well, for the time 3
silent for too long
life 2
  well, for the time 1
  well, for the time 2
  well, for the time 3
exited: SIGTERM
stopped: Ctrl-C
children: SIGTERM, SIGTERM
`,
  '12-job-queue.ts': `
the windows: cancelled
the dishes: done
the fire: done
there was room for the beds
the floor: done
the beds: done
`,
};

/** Programs that an example needs: without them it says so, and prints less. */
const programs: Record<string, readonly string[]> = {
  '09-healing-disk.ts': ['mkfs.ext4', 'e2fsck', 'nbdcopy'],
};

const fewerLinesThan = 60;

describe('the examples', () => {
  const files = readdirSync(`${root}/examples`)
    .filter((file) => file.endsWith('.ts'))
    .sort();

  it('are all listed in examples/README.md', () => {
    const page = readFileSync(`${root}/examples/README.md`, 'utf8');
    expect([...page.matchAll(/\]\((.*?)\)/g)].map(([, file]) => file)).to.deep.equal(files);
  });

  it('are numbered from 01 on and all run here', () => {
    expect(Object.keys(outputs).sort()).to.deep.equal(files);
    expect(files.map((file) => Number(file.slice(0, 2)))).to.deep.equal(files.map((_, index) => index + 1));
  });

  for (const [file, output] of Object.entries(outputs)) {
    describe(file, () => {
      itWith(programs[file] ?? [], 'prints what it says', async function () {
        this.timeout(30_000);
        const { stdout, stderr } = await run(process.execPath, ['--import', 'tsx', `examples/${file}`], {
          cwd: root,
          env,
        });
        expect(`\n${stdout}`).to.equal(output);
        expect(stderr).to.equal('');
      });

      it(`has fewer than ${fewerLinesThan} lines`, () => {
        const lines = readFileSync(`${root}/examples/${file}`, 'utf8').trimEnd().split('\n');
        expect(lines.length).to.be.lessThan(fewerLinesThan);
      });

      it('says how to run it', () => {
        expect(readFileSync(`${root}/examples/${file}`, 'utf8')).to.include(`npx tsx examples/${file}\n`);
      });
    });
  }
});

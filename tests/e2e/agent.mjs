// The agent of the command line, in a room of its own accord: docs/agent-protocol.md, "By signalling".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { program } from './served.mjs';

const patience = 60000;

export class Agent {
  events = [];
  #child;
  #changed = new EventTarget();
  #ended;

  constructor(link, room) {
    this.#child = spawn(`${dirname(program)}/icelab-agent`, ['--signal', link, room], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'exit');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line));
      this.#changed.dispatchEvent(new Event('changed'));
    });
  }

  all(wanted) {
    const isWanted = (event) => Object.entries(wanted).every(([name, value]) => event[name] === value);
    return this.events.filter(isWanted);
  }

  /** Waits until it has emitted so many events with these members. */
  async says(wanted, times = 1) {
    const signal = AbortSignal.timeout(patience);
    while (this.all(wanted).length < times) {
      await once(this.#changed, 'changed', { signal }).catch((cause) => {
        const said = this.events.map((event) => JSON.stringify(event)).join('\n');
        throw new Error(`the agent did not say ${JSON.stringify(wanted)}:\n${said}`, { cause });
      });
    }
  }

  send(command) {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Its exit status. */
  async quit() {
    this.send({ type: 'quit' });
    const [status] = await this.#ended;
    return status;
  }

  /** At once, whatever it does. */
  kill() {
    this.#child.kill('SIGKILL');
  }
}

/**
 * Stands in for Electron's module, whose binary cannot be installed everywhere: the main process is this Node process, and each window forks
 * another that runs the preload script and then the page's. Messages go over a pipe and are cloned, as between Electron's processes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Listener = (event: { preventDefault(): void }, ...values: unknown[]) => unknown;

const main = new EventEmitter();
const windows = new Set<ChildProcess>();

/** Ends unless a listener prevents it, as in Electron. */
async function quit(): Promise<void> {
  let prevented = false;
  const event = { preventDefault: () => (prevented = true) };
  for (const listener of main.listeners('before-quit') as Listener[]) void listener(event);
  if (prevented) return;
  for (const window of windows) window.kill('SIGKILL');
  process.exit(0);
}

process.on('SIGTERM', () => void quit());
// An application lives until it quits, whatever its windows do; a Node process ends when nothing is left that it could wait for.
setInterval(() => {}, 3_600_000);

export const app = {
  getVersion: () => '4.12.0',
  getPath: () => process.env['ELECTRON_USER_DATA'] ?? '',
  whenReady: () => Promise.resolve(),
  on: (name: 'before-quit', listener: Listener) => main.on(name, listener),
  quit: () => void quit(),
};

const ipc = new EventEmitter();
export const ipcMain = { on: (channel: string, listener: Listener) => ipc.on(channel, listener) };

export class BrowserWindow {
  readonly #preload: string;

  constructor(options: { webPreferences: { preload: string } }) {
    this.#preload = options.webPreferences.preload;
  }

  /** Resolves when the page has run. The script of `renderer.html` is `renderer.ts`. */
  async loadFile(path: string): Promise<void> {
    const script = join(dirname(this.#preload), path.replace(/\.html$/, '.ts'));
    const child = fork(fileURLToPath(import.meta.resolve('./window.ts')), [this.#preload, script], {
      serialization: 'advanced',
      execArgv: process.execArgv,
    });
    windows.add(child);
    await new Promise<void>((resolve, reject) => {
      child.on('exit', (code) => reject(new Error(`the window ended with ${code}`)));
      child.on('message', (message: { channel: string; value: unknown }) => {
        if (message.channel === 'loaded') {
          resolve();
          // When the application has gone on from here.
          setImmediate(() => process.stderr.write('window loaded\n'));
        } else ipc.emit(message.channel, {}, message.value);
      });
    });
  }
}

export const ipcRenderer = {
  send: (channel: string, value: unknown) => process.send?.({ channel, value: structuredClone(value) }),
};

export const contextBridge = {
  exposeInMainWorld: (name: string, api: unknown) => Object.assign(globalThis, { [name]: api }),
};

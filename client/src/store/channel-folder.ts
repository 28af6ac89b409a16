import { quarantineFilesMax } from '../limits.ts';
import { decodeFile, encodeFile, type FileContent, type FileProblem } from './file-format.ts';
import {
  type FileState,
  formatFileName,
  inState,
  isDeclarationFile,
  parseFileName,
  type StoreFile,
} from './file-name.ts';
import type { StoreTools } from './store-tools.ts';

/** Where files that cannot be used are kept for a person to look at. */
export const quarantineFolder = 'quarantine';

/** The files that wait for one channel: what is left in its folder is what the channel has not got. */
export class ChannelFolder {
  readonly path: string;
  readonly tools: StoreTools;
  readonly #onSetAside: (problem: string) => void;

  /** @param onSetAside hears of each file that was set aside, and why. */
  constructor(path: string, tools: StoreTools, onSetAside: (problem: string) => void) {
    this.path = path;
    this.tools = tools;
    this.#onSetAside = onSetAside;
  }

  /** The files by age, the oldest first. What is none of the store's is set aside. */
  async list(): Promise<StoreFile[]> {
    const files: StoreFile[] = [];
    for (const name of (await this.tools.backend.list(this.path)).sort()) {
      const file = parseFileName(name);
      if (file === undefined) {
        await this.setAside(name, 'foreign');
      } else {
        files.push(file);
      }
    }
    return files;
  }

  /** What a file holds; undefined: another has taken it. */
  async load(file: StoreFile): Promise<FileContent | FileProblem | undefined> {
    const bytes = await this.tools.backend.read(this.#pathOf(file));
    return bytes === undefined ? undefined : decodeFile(bytes, this.tools.crc32);
  }

  /** Brings a file into another state; undefined: another was faster. Durable after `sync`. */
  async move(file: StoreFile, state: FileState): Promise<StoreFile | undefined> {
    const moved = inState(file, state);
    return (await this.tools.backend.rename(this.#pathOf(file), this.#pathOf(moved))) ? moved : undefined;
  }

  /** Writes a file, in place of what it held: twice where its name cannot say which numbers it accounts for. */
  async write(file: StoreFile, content: FileContent): Promise<void> {
    const bytes = encodeFile(content, this.tools.crc32, isDeclarationFile(file));
    await this.tools.backend.write(bytes, this.#pathOf(file));
  }

  remove(file: StoreFile): Promise<boolean> {
    return this.tools.backend.remove(this.#pathOf(file));
  }

  removeNamed(name: string): Promise<boolean> {
    return this.tools.backend.remove(`${this.path}/${name}`);
  }

  sync(): Promise<void> {
    return this.tools.backend.sync(this.path);
  }

  /** Takes a file out of the way, and keeps it for a person to look at. */
  async setAside(name: string, reason: string): Promise<void> {
    const { backend, platform } = this.tools;
    const nowUnixMs = Math.floor(platform.nowUnixUs() / 1000);
    if (await backend.rename(`${this.path}/${name}`, `${quarantineFolder}/${nowUnixMs}-${reason}-${name}`)) {
      this.#onSetAside(`a file was set aside as ${reason}: ${name}`);
      const kept = (await backend.list(quarantineFolder)).sort();
      for (const oldest of kept.slice(0, Math.max(0, kept.length - quarantineFilesMax))) {
        await backend.remove(`${quarantineFolder}/${oldest}`);
      }
    }
  }

  nameOf(file: StoreFile): string {
    return formatFileName(file);
  }

  #pathOf(file: StoreFile): string {
    return `${this.path}/${formatFileName(file)}`;
  }
}

/** Which file it is, whatever its state. */
export function fileKey(file: StoreFile): string {
  const name = formatFileName(file);
  return name.slice(0, name.lastIndexOf('.'));
}

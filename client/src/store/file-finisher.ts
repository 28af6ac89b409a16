import type { ChannelFolder } from './channel-folder.ts';
import { editRecords } from './edit-records.ts';
import { needsEdit, type OpenFile, openFile, outcomesOf } from './open-file.ts';
import type { OutcomeReceiver } from './outcome.ts';

/** Does with files what was answered for their batches. */
export class FileFinisher {
  readonly #channel: string;
  readonly #folder: ChannelFolder;
  readonly #receiver: OutcomeReceiver;

  constructor(channel: string, folder: ChannelFolder, receiver: OutcomeReceiver) {
    this.#channel = channel;
    this.#folder = folder;
    this.#receiver = receiver;
  }

  /** A file whose batches all have an answer goes, or is written anew with what is left to send, which it gives back. May be called again after it failed. */
  async finish(open: OpenFile): Promise<OpenFile | undefined> {
    if (needsEdit(open)) {
      return this.#edit(open);
    }
    const outcomes = outcomesOf(this.#channel, open, undefined);
    await this.#receiver.tellOthers(outcomes);
    await this.#folder.remove(open.file);
    this.#receiver.takeOwn(outcomes);
    return undefined;
  }

  async #edit(open: OpenFile): Promise<OpenFile | undefined> {
    if (open.file.state.kind !== 'editing') {
      const editing = await this.#folder.move(open.file, { kind: 'editing' });
      if (editing === undefined) {
        return undefined;
      }
      open.file = editing;
      await this.#folder.sync();
    }
    const answered = open.records.flatMap((record, index) => {
      const verdict = open.answers[index]?.verdict;
      return verdict === undefined ? [] : [{ record, verdict }];
    });
    const edit = editRecords(answered, this.#folder.tools.gzip);
    const outcomes = outcomesOf(this.#channel, open, edit);
    await this.#receiver.tellOthers(outcomes);
    await this.#folder.write(open.file, { records: edit.records, sources: [] });
    this.#receiver.takeOwn(outcomes);
    const sent = await this.#folder.move(open.file, { kind: 'sent' });
    return sent === undefined ? undefined : openFile(sent, edit.records);
  }
}

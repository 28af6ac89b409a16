/** What a campaign's command does around the campaign: it reads the options, and says how it is used where they are wrong or asked for. */
export async function runCommand<Options>(
  parse: () => Options | undefined,
  usage: string,
  run: (options: Options) => Promise<number>,
): Promise<number> {
  let options: Options | undefined;
  try {
    options = parse();
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  return run(options);
}

/** Aborted by Ctrl-C, or by whoever ends the process. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => interrupted.abort(new Error('interrupted')));
  }
  return interrupted.signal;
}

/** Whatever was thrown, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

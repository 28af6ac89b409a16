/** One listener for all clients of the process: Node warns of more than ten. */
const callbacks = new Set<() => void>();

function runAll(): void {
  for (const callback of callbacks) {
    callback();
  }
}

/** Calls back when the process exits by itself or by `process.exit`, where nothing asynchronous happens any more. Returns what ends that. */
export function onProcessExit(callback: () => void): () => void {
  if (callbacks.size === 0) {
    process.on('exit', runAll);
  }
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) {
      process.off('exit', runAll);
    }
  };
}

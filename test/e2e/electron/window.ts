/** A renderer process: the preload script, then the script of the page. Lives until the main process ends it. */
import { pathToFileURL } from 'node:url';

process.on('disconnect', () => process.exit());

for (const path of process.argv.slice(2)) await import(pathToFileURL(path).href);
process.send?.({ channel: 'loaded' });

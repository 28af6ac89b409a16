import { posix } from 'node:path';
import type { Finding } from './finding.ts';
import { importSites } from './import-specifiers.ts';
import { importTarget } from './import-target.ts';
import { isOwnTypeScript, type SourceFile, topFolder } from './source-file.ts';

const packages = ['gen', 'client', 'collector', 'warehouse'];

interface Edge {
  to: string;
  file: string;
  line: number;
  specifier: string;
}

type Graph = Map<string, Edge[]>;

/**
 * Folders of a package import one another in one direction only. A folder and those inside it are one thing seen from far and near:
 * the outer one may compose what the inner ones hold, and these use what they share. A file directly in `src` stands for itself, for
 * what lies there, an entry point and a file of constants, has nothing in common.
 */
export function checkImportCycles(files: readonly SourceFile[]): Finding[] {
  const graph: Graph = new Map();
  for (const file of files.filter(isOwnTypeScript)) {
    if (packages.includes(topFolder(file.path))) {
      addEdges(graph, file);
    }
  }
  const findings: Finding[] = [];
  for (const [from, edges] of [...graph].sort(([left], [right]) => (left < right ? -1 : 1))) {
    for (const { to, file, line, specifier } of edges) {
      const back = shortestPath(graph, to, from);
      if (back !== undefined) {
        findings.push({ file, line, message: `'${specifier}' closes a circle: ${[from, ...back].join(' → ')}` });
      }
    }
  }
  return findings;
}

function addEdges(graph: Graph, file: SourceFile): void {
  const from = nodeOf(file.path);
  for (const { specifier, line } of importSites(file)) {
    const target = specifier === undefined ? undefined : importTarget(file.path, specifier);
    if (specifier === undefined || target === undefined || topFolder(target) !== topFolder(file.path)) {
      continue;
    }
    const to = nodeOf(target);
    if (!isWithin(to, from) && !isWithin(from, to)) {
      const edges = graph.get(from) ?? [];
      edges.push({ to, file: file.path, line, specifier });
      graph.set(from, edges);
    }
  }
}

/** The folder of a file, or the file itself where it lies directly in `src`. */
function nodeOf(path: string): string {
  const folder = posix.dirname(path);
  return posix.basename(folder) === 'src' && folder.split('/').length === 2 ? path : folder;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** The nodes from one to another, both included; breadth first, so that the message names the shortest circle. */
function shortestPath(graph: Graph, from: string, to: string): string[] | undefined {
  const paths: string[][] = [[from]];
  const seen = new Set([from]);
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    const last = path.at(-1) ?? from;
    if (last === to) {
      return path;
    }
    for (const { to: next } of graph.get(last) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        paths.push([...path, next]);
      }
    }
  }
  return undefined;
}

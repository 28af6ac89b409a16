import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: an engine can hold one data directory a process, and crash tests kill processes.
    pool: 'forks',
    // Two files at a time: each may run a whole engine, and the smallest supported machine has two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

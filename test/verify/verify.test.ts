import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSegment, makeBatch } from '../audit/support/audited-warehouse.ts';
import { telemetry } from '../support/telemetry-command.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';

let left: WarehouseProcess;
let right: WarehouseProcess;
const producers = ['11', '22', '33', '44', '55'].map((pair) => pair.repeat(16)) as [
  string,
  string,
  string,
  string,
  string,
];

beforeAll(async () => {
  [left, right] = await Promise.all([WarehouseProcess.start(), WarehouseProcess.start()]);
  await Promise.all([left, right].map((warehouse) => migrate(warehouse.client())));
});

afterAll(() => Promise.all([left.remove(), right.remove()]));

test('two warehouses that hold the same agree, whatever the batches were cut into', async () => {
  const producerHex = producers[0];
  await loadSegment(left.client(), 'one', [makeBatch({ producerHex, events: 10, dropped: 2 })]);
  await loadSegment(right.client(), 'two', [
    makeBatch({ producerHex, events: 4 }),
    makeBatch({ producerHex, firstSeq: 5, events: 6, dropped: 2 }),
  ]);
  const { code, stdout, stderr } = await telemetry(['verify', left.url, right.url]);
  expect(stderr).toBe('');
  expect(stdout).toContain('Both hold the same: 1 producers compared.');
  expect(code).toBe(0);
});

test('names every number that is missing, dropped, undeclared or repeated, with the events that the other has', async () => {
  await loadSegment(left.client(), 'three', [
    makeBatch({ producerHex: producers[1], events: 9 }),
    makeBatch({ producerHex: producers[2], events: 5 }),
    makeBatch({ producerHex: producers[3], events: 3, dropped: 4 }),
    makeBatch({ producerHex: producers[4], events: 5 }),
    makeBatch({ producerHex: producers[4], firstSeq: 2, events: 1 }),
    makeBatch({ producerHex: producers[4], firstSeq: 4, events: 1 }),
  ]);
  await loadSegment(right.client(), 'four', [
    makeBatch({ producerHex: producers[1], events: 3 }),
    makeBatch({ producerHex: producers[1], firstSeq: 5, events: 2 }),
    makeBatch({ producerHex: producers[2], events: 3, dropped: 2 }),
    makeBatch({ producerHex: producers[3], events: 3 }),
    makeBatch({ producerHex: producers[4], events: 5 }),
    makeBatch({ producerHex: '66'.repeat(16), events: 1, product: 'viewer' }),
  ]);
  const { code, stdout } = await telemetry(['verify', left.url, right.url, '--json']);
  expect(code).toBe(1);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ agrees: false, producers: 6, producers_untold: 0 });
  const short = report.differences.map((one: Record<string, unknown>) => [one.producer, one.side, one.kind, one.runs]);
  expect(short).toStrictEqual([
    [
      producers[1],
      'right',
      'missing',
      [
        [4, 4],
        [7, 9],
      ],
    ],
    [producers[2], 'right', 'dropped', [[4, 5]]],
    [producers[3], 'right', 'undeclared', [[4, 7]]],
    [
      producers[4],
      'left',
      'repeated',
      [
        [2, 2],
        [4, 4],
      ],
    ],
    ['66'.repeat(16), 'left', 'missing', [[1, 1]]],
  ]);
  expect(report.differences[0]).toMatchObject({
    count: 4,
    events: [4, 7, 8, 9].map((seq) => ({ seq, name: 'feature.used' })),
  });

  const people = await telemetry(['verify', left.url, right.url, '--product', 'editor']);
  expect(people.code).toBe(1);
  expect(people.stdout).toContain(`is missing 4 of producer ${producers[1]}: 4, 7-9`);
  expect(people.stdout).not.toContain('66666666');
});

test('looks again while events may be on their way', async () => {
  const producerHex = '77'.repeat(16);
  await loadSegment(left.client(), 'five', [makeBatch({ producerHex, product: 'late', events: 3 })]);
  const waiting = telemetry(['verify', left.url, right.url, '--product', 'late', '--wait-s', '60']);
  await loadSegment(right.client(), 'six', [makeBatch({ producerHex, product: 'late', events: 3 })]);
  expect(await waiting).toMatchObject({ code: 0 });
});

test.each([
  [['no-such-file'], 'there is no such file, and it is no URL'],
  [['http://127.0.0.1:1'], 'No warehouse answers'],
  [['http://127.0.0.1:1', '--wait-s', 'soon'], 'is not a whole number'],
  [[], 'missing required argument'],
])('wrong use, or a receiver that does not answer, ends with 2: %j', async (args, message) => {
  const { code, stderr } = await telemetry(['verify', ...args]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

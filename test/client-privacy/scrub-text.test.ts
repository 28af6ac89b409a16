import { describe, expect, it } from 'vitest';
import { mayIdentify, scrubText } from '../../client/src/privacy/scrub-text.ts';
import { seededRandom } from '../client/support/random.ts';

/** The folders of users, put together so that no text here is one. */
const home = `${'/'}home`;
const users = `${'/'}Users`;
const windowsUsers = ['C:', 'Users'].join('\\');

function scrub(text: string) {
  const counts = { email: 0, path: 0, urlUser: 0 };
  return { text: scrubText(text, counts), ...counts };
}

describe('an e-mail address', () => {
  it.each([
    ['alice@example.com', '<email>'],
    ['Mail to alice.smith+x@mail.example.co.uk.', 'Mail to <email>.'],
    ["'alice@example.com'", "'<email>'"],
    ['Alice <alice@example.com>, Bob <bob@example.org>', 'Alice <<email>>, Bob <<email>>'],
    ['mailto:alice@example.com?subject=x', 'mailto:<email>?subject=x'],
    ['user=alice%40example.com&x=1', 'user=<email>&x=1'],
    ['alice@163.com', '<email>'],
    ['jürgen@größe.example', '<email>'],
    ['李𠮷@例え.テスト', '<email>'],
    ['x 𠮷@example.com', 'x <email>'],
    ['alice@xn--bcher-kva.xn--p1ai', '<email>'],
    ['root@10.0.0.7 refused', '<email> refused'],
    ['alice@[10.0.0.7]', '<email>'],
    ['"Alice Smith"@example.com', '<email>'],
    ["o'brien@example.com", '<email>'],
    ['a@example.com,b@example.com;c@example.com', '<email>,<email>;<email>'],
    ['a@b@example.com', 'a@<email>'],
    ['alice@example.com1', '<email>'],
    ['alice@mail.example.com.12', '<email>.12'],
  ])('%s', (text, expected) => {
    expect(scrub(text)).toMatchObject({ text: expected, path: 0, urlUser: 0 });
  });

  it.each([
    'react@18.2.0',
    'typescript@5.0.0-dev.next',
    'typescript@5.0.beta',
    'at node_modules/.pnpm/vite@5.4.11_terser@5.1.0/node_modules/vite',
    '@scope/package',
    'node_modules/@scope/package/index.js',
    'lodash@latest',
    'a @ b',
    '@',
    'alice@',
    '@example.com',
    '100%',
    '50% of 40%',
  ])('is not %s', (text) => {
    expect(scrub(text)).toStrictEqual({ text, email: 0, path: 0, urlUser: 0 });
  });
});

describe('a path with a user name', () => {
  it.each([
    [`${home}/alice`, `${home}/<user>`],
    [`${home}/alice/src/app.js:10:5`, `${home}/<user>/src/app.js:10:5`],
    [`at run (${home}/alice/app.js:1:2)`, `at run (${home}/<user>/app.js:1:2)`],
    [`${users}/alice/Library and ${users}/bob`, `${users}/<user>/Library and ${users}/<user>`],
    [`/var${home}/alice/x`, `/var${home}/<user>/x`],
    [`file://${home}/alice/x.js`, `file://${home}/<user>/x.js`],
    [`${windowsUsers}\\Alice Smith\\x.txt`, `${windowsUsers}\\<user>\\x.txt`],
    [`open '${windowsUsers}\\Alice Smith'`, `open '${windowsUsers}\\<user>'`],
    [`open '${windowsUsers}\\O'Brien\\x'`, `open '${windowsUsers}\\<user>\\x'`],
    [`"C:\\\\Users\\\\alice\\\\x"`, `"C:\\\\Users\\\\<user>\\\\x"`],
    [`\\\\?\\${windowsUsers}\\alice\\x`, `\\\\?\\${windowsUsers}\\<user>\\x`],
    [`C:${users}/Alice Smith/x`, `C:${users}/<user>/x`],
    [`/mnt/c${users}/Alice Smith/x`, `/mnt/c${users}/<user>/x`],
    [`file:///C:${users}/Alice%20Smith/x`, `file:///C:${users}/<user>/x`],
    ['file%3A%2F%2F%2Fhome%2Falice%2Fx', 'file%3A%2F%2F%2Fhome%2F<user>%2Fx'],
    ['c:\\documents and settings\\alice\\x', 'c:\\documents and settings\\<user>\\x'],
    ['HOMEPATH=\\Users\\alice', 'HOMEPATH=\\Users\\<user>'],
    [`cannot open ${windowsUsers}\\Alice Smith because\nnext line`, `cannot open ${windowsUsers}\\<user>\nnext line`],
    ['open \\\\server\\share\\alice\\x.txt', 'open <path>'],
    ["open '\\\\server\\O'Brien\\x.txt', it", "open '<path>', it"],
    ['"\\\\\\\\server\\\\share\\\\alice"', '"<path>"'],
    ['\\\\?\\UNC\\server\\alice\\x', '<path>'],
    ['from:\\\\server\\alice', 'from:<path>'],
    ['at f (file://server/alice/x.js:1:2)', 'at f (file://<path>)'],
    ['smb://server/alice/x', 'smb://<path>'],
  ])('%s', (text, expected) => {
    const scrubbed = scrub(text);
    expect(scrubbed).toMatchObject({ text: expected, email: 0, urlUser: 0 });
    expect(scrubbed.path).toBeGreaterThan(0);
  });

  it.each([
    'at run (node:internal/modules/run_main:1:2)',
    '/usr/lib/node_modules/x/index.js',
    '/opt/app/homepage/users.js',
    'C:\\Program Files\\App\\app.exe',
    'C:\\\\Program Files\\\\App',
    '\\\\.\\pipe\\app',
    '\\\\?\\C:\\Program Files',
    'a \\n b \\d+',
    '/homes/alice',
    'file:///opt/app/x.js',
    'https://example.com/a/b?c=d#e',
    `${home}/`,
  ])('is not %s', (text) => {
    expect(scrub(text)).toStrictEqual({ text, email: 0, path: 0, urlUser: 0 });
  });
});

describe('the user of a URL', () => {
  it.each([
    ['https://alice:secret@example.com/x', 'https://<user>@example.com/x'],
    ['postgres://alice@db:5432/x', 'postgres://<user>@db:5432/x'],
    ['https://alice%40example.com:pw@host/', 'https://<user>@host/'],
    ['https://a@b@host.example/', 'https://<user>@host.example/'],
    ['ssh://git@example.com and https://bob@example.org', 'ssh://<user>@example.com and https://<user>@example.org'],
  ])('%s', (text, expected) => {
    expect(scrub(text)).toMatchObject({ text: expected, email: 0, path: 0 });
  });

  it('is not a sign behind the host', () => {
    const text = 'https://example.com/@scope/x?at=@';
    expect(scrub(text)).toStrictEqual({ text, email: 0, path: 0, urlUser: 0 });
  });
});

it('counts each by its kind', () => {
  const text = `https://a:b@example.com ${home}/alice bob@example.com ${home}/carol`;
  expect(scrub(text)).toMatchObject({ email: 1, path: 2, urlUser: 1 });
});

it('looks into every text that holds what it looks for', () => {
  for (const text of ['a@b.cc', `${home}/a`, `${windowsUsers}\\a`, '\\\\a\\b', 'file://a/b', 'x://a@b', 'a%40b.cc']) {
    expect(mayIdentify(text), text).toBe(true);
    expect(scrub(text).text, text).not.toBe(text);
  }
  expect(mayIdentify('feature.used of the editor, 12.5 s')).toBe(false);
});

const fragments = [
  'alice',
  'Bob Smith',
  '@',
  '%40',
  '.',
  '..',
  'example.com',
  '/',
  '\\',
  '\\\\',
  '%2F',
  '%5c',
  'home',
  'Users',
  'documents and settings',
  '://',
  'file://',
  'C:',
  "'",
  '"',
  '<',
  '>',
  ' ',
  '\n',
  ':',
  '[',
  ']',
  '1',
  '18.2.0',
  'é',
  '𠮷',
  '\ud800',
  '-',
  '_',
  '+',
  '(',
  ')',
  '&',
  '=',
  'unc',
  '?',
];

describe('whatever the text', () => {
  it('looks into it when it has one of four characters, and then only', () => {
    const random = seededRandom();
    const answers = new Set<boolean>();
    for (let round = 0; round < 20_000; round++) {
      const words = Array.from({ length: random.int(0, 3) }, () => random.text(12) + random.pick(fragments)).join('');
      const text = random.chance(0.5)
        ? words
        : words.replaceAll(/[@/\\%]/g, random.pick(['', 'x', '\u0140', '\uff20']));
      const hasSign = ['@', '/', '\\', '%'].some((character) => text.includes(character));
      expect(mayIdentify(text), JSON.stringify(text)).toBe(hasSign);
      answers.add(hasSign);
    }
    expect(answers.size).toBe(2);
  });

  it('leaves nothing of a name that it has found, wherever it stands', () => {
    const random = seededRandom();
    const name = 'zaphodbeeblebrox';
    const forms = [
      (text: string) => `${name}@example.com${text}`,
      (text: string) => `${text} ${name}.x@mail.example.com`,
      (text: string) => `${text} ${home}/${name}/${text}`,
      (text: string) => `${users}/${name}/x ${text}`,
      (text: string) => `${text} ${windowsUsers}\\${name}\\${text}`,
      (text: string) => `${text} ${windowsUsers}\\my ${name}\\${text}`,
      (text: string) => `https://${name}:pw@example.com/ ${text}`,
      (text: string) => `${text}\n\\\\server\\share\\${name}\\x`,
    ];
    for (let round = 0; round < 5_000; round++) {
      const noise = Array.from({ length: random.int(0, 8) }, () => random.pick(fragments)).join('');
      const text = random.pick(forms)(noise);
      expect(scrub(text).text, JSON.stringify(text)).not.toContain(name);
    }
  });

  it('finds nothing more in what it has scrubbed', () => {
    const random = seededRandom();
    let scrubs = 0;
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random.int(1, 14) }, () => random.pick(fragments)).join('');
      const once = scrub(text);
      scrubs += once.email + once.path + once.urlUser;
      expect(scrub(once.text), JSON.stringify([text, once.text])).toMatchObject({ text: once.text });
    }
    expect(scrubs).toBeGreaterThan(2_000);
  });

  it.each([
    [String.raw`\\server\\C:\\%5c\\alice`, '<path>'],
    ['"_%40..home"%40example.com', '"<email><email>'],
    ['"a@b.cc"@example.com', '"<email><email>'],
    [String.raw`\\documents and settings/C:\\x\\[`, String.raw`\\documents and settings/<user>:\\x\\[`],
    [String.raw`a@b.éc:\\x\\y`, String.raw`<email>:\\x\\y`],
  ])('finds nothing more in what it has made of %s', (text, expected) => {
    expect([scrub(text).text, scrub(expected).text]).toStrictEqual([expected, expected]);
  });

  it('is done with it: the square of its length would take until the end of the test', () => {
    const random = seededRandom();
    for (let round = 0; round < 150; round++) {
      const unit = Array.from({ length: random.int(1, 5) }, () => random.pick(fragments)).join('');
      const text = unit.repeat(Math.ceil(262_144 / unit.length)) + random.pick(fragments);
      expect(scrub(text).text.length).toBeGreaterThan(0);
    }
  });
});

/**
 * A column that says the name of the number in `<column>_code`. Computed on reading, so it costs the load nothing, and a value that a
 * newer client sends is kept as the number, shown as such, and gets its name when a later migration adds it here.
 *
 * @param names the names of 0, 1, 2 …
 */
export function enumNameAlias(column: string, names: readonly string[]): string {
  const numbers = names.map((_, number) => number).join(', ');
  const texts = names.map((name) => `'${name}'`).join(', ');
  return `${column} String ALIAS transform(${column}_code, [${numbers}], [${texts}], toString(${column}_code))`;
}

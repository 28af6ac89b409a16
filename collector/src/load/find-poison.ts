/**
 * Finds the items that cannot be read, by reading all, halves, and halves of these. For one bad item among n that is about twice log2(n)
 * readings.
 *
 * @param isReadable reads some of the items, in order
 */
export async function findPoison<Item>(
  items: readonly Item[],
  isReadable: (some: readonly Item[]) => Promise<boolean>,
): Promise<Item[]> {
  if (items.length === 0 || (await isReadable(items))) return [];
  if (items.length === 1) return [...items];
  const middle = items.length >> 1;
  const front = await findPoison(items.slice(0, middle), isReadable);
  return [...front, ...(await findPoison(items.slice(middle), isReadable))];
}

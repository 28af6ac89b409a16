/** The test of a row of the matrix; gets what the columns of its row say. */
export type RowTest = (columns: Readonly<Record<string, string>>) => Promise<void>;

/** Tests by the name of their row. */
export type RowTests = Readonly<Record<string, RowTest>>;

/** The version that macOS writes into its `SystemVersion.plist`, such as "15.2"; undefined: it is not there. */
export function plistVersion(plist: string): string | undefined {
  return /<key>ProductVersion<\/key>\s*<string>([^<]+)<\/string>/.exec(plist)?.[1]?.trim();
}

/**
 * The version of macOS by that of its kernel, for where the plist cannot be read: "24.2.0" is some 15. The kernel's minor version is not
 * macOS's, so only what is sure is said.
 */
export function macVersionOfKernel(release: string): string | undefined {
  const kernel = Number(/^(\d+)\./.exec(release)?.[1] ?? Number.NaN);
  if (kernel >= 25) {
    // Since 2025 the version is that of the year to come.
    return String(kernel + 1);
  }
  if (kernel >= 20) {
    return String(kernel - 9);
  }
  return kernel >= 5 ? `10.${kernel - 4}` : undefined;
}

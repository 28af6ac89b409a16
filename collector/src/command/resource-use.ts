/** What a process used, as it says when it stops. */
export interface ResourceUse {
  /** Largest resident set, in MB (10^6 bytes). */
  readonly peak_rss_mb: number;
  /** User and system time, in seconds. */
  readonly cpu_s: number;
}

/** What this process has used so far. */
export function resourceUse(): ResourceUse {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    peak_rss_mb: Math.round((maxRSS * 1024) / 1e6),
    cpu_s: Math.round((userCPUTime + systemCPUTime) / 1e4) / 100,
  };
}

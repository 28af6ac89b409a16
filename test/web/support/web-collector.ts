import { createServer } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import type { CollectorOptions } from '../../../collector/src/index.ts';
import { type Metrics, parseMetrics } from '../../../collector/src/status/parse-metrics.ts';
import { type RunningCollector, runCollector } from '../../collector/support/collector.ts';

/** The ways to call the web port. */
export const protocols = ['Connect JSON', 'Connect binary', 'gRPC-Web JSON', 'gRPC-Web binary'] as const;

/** A collector in this process, with a web port. */
export interface WebCollector extends RunningCollector {
  readonly webAddress: string;
  readonly url: string;
}

/** Starts a collector with a web port; both end with the test. */
export async function runWebCollector(over: Partial<CollectorOptions> = {}): Promise<WebCollector> {
  const running = await runCollector({ webAddress: '127.0.0.1:0', ...over });
  const { webAddress } = running.collector;
  if (webAddress === undefined) throw new Error('no web port');
  return { ...running, webAddress, url: `http://${webAddress}` };
}

/** A stock client of a service. */
export function webClient<Service extends DescService>(
  service: Service,
  baseUrl: string,
  protocol: (typeof protocols)[number],
): Client<Service> {
  const options = { baseUrl, httpVersion: '1.1' as const, useBinaryFormat: protocol.endsWith('binary') };
  const isConnect = protocol.startsWith('Connect');
  return createClient(service, isConnect ? createConnectTransport(options) : createGrpcWebTransport(options));
}

/** The metrics of a collector as its web port tells them. */
export async function fetchMetrics(url: string): Promise<Metrics> {
  return parseMetrics(await (await fetch(`${url}/metrics`)).text());
}

/** Sum of the samples of a metric that have the labels. */
export function metric(metrics: Metrics, name: string, wanted: Record<string, string> = {}): number {
  return (metrics.get(name) ?? [])
    .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

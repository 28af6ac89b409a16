import { gzipSync } from 'node:zlib';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { batchEvents, downPort, eventAt, type Network, queueEvents, type Subject } from './subject.ts';

/** The log SDK of OpenTelemetry, with a queue and batches as large as ours. The sink is handed OTLP in protobuf, gzipped, as its exporter sends it. */
export function openTelemetrySubject(network: Network): Subject {
  let delivered = 0;
  const sink: LogRecordExporter = {
    export(records, done) {
      const bytes = ProtobufLogsSerializer.serializeRequest(records) ?? new Uint8Array(0);
      delivered += gzipSync(bytes).length > 0 ? records.length : 0;
      done({ code: 0 });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const url = `http://127.0.0.1:${downPort}/v1/logs`;
  const exporter = network === 'sink' ? sink : new OTLPLogExporter({ url });
  const processor = new BatchLogRecordProcessor({
    exporter,
    maxQueueSize: queueEvents,
    maxExportBatchSize: batchEvents,
  });
  const provider = new LoggerProvider({ processors: [processor] });
  const logger = provider.getLogger('bench');
  return {
    log(index) {
      const { feature, format, pages } = eventAt(index);
      logger.emit({
        eventName: 'feature.used',
        severityNumber: SeverityNumber.INFO,
        attributes: { feature, format, pages },
      });
    },
    drain: () => processor.forceFlush(),
    delivered: () => delivered,
    close: () => provider.shutdown().catch(() => undefined),
  };
}

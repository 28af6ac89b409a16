#!/usr/bin/env node
import { Command } from 'commander';
import { auditCommand } from './command/audit.ts';
import { blacklistCommand } from './command/blacklist.ts';
import { collectorCommand } from './command/collector.ts';
import { featuresCommand } from './command/features.ts';
import { keysCommand } from './command/keys.ts';
import { queryCommand } from './command/query.ts';
import { replayCommand } from './command/replay.ts';
import { runProgram } from './command/run-program.ts';
import { serveCommand } from './command/serve.ts';
import { statusCommand } from './command/status.ts';
import { verifyCommand } from './command/verify.ts';
import { warehouseCommand } from './command/warehouse.ts';
import { VERSION } from './version.ts';

const program = new Command('telemetry')
  .description('A telemetry pipeline: collect on the client, send, keep, answer.')
  .version(VERSION)
  .showHelpAfterError('Run `telemetry --help`, or `telemetry COMMAND --help`.')
  .addCommand(serveCommand())
  .addCommand(replayCommand())
  .addCommand(featuresCommand())
  .addCommand(queryCommand())
  .addCommand(blacklistCommand())
  .addCommand(statusCommand())
  .addCommand(keysCommand())
  .addCommand(auditCommand())
  .addCommand(verifyCommand())
  .addCommand(collectorCommand())
  .addCommand(warehouseCommand());

process.exitCode = await runProgram(program, process.argv);

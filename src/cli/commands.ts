/**
 * The command line: yargs turns it into calls of plain functions, which are loaded only when their command runs.
 *
 * Exit codes: 0 fine, 1 failed, 2 wrong usage. An error that a person can mend is one line; anything else is a bug of
 * ours and shows its stack.
 */
import yargs, { type Argv, type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { version } from '../version.js';
import { rotationFlags } from './bench-rotation-flags.js';
import { configFlags, defaultControl, operatorVerbs, purgeFlags, UsageError, type Flag } from './flags.js';

const expectedErrors = new Set(['ServiceError', 'LogError', 'ConfigError', 'ControlError', 'UsageError']);

/** The outcome of the command, set by its handler. */
let exitCode = 0;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** As text too, a number arrives as it was typed and not as NaN, so that the message can quote it; help calls it a number. */
const number = { string: true, number: true } as const;

function withConfigFlags(parser: Argv): Argv {
  const options = Object.entries<Flag>(configFlags).map(([name, { type, array, describe, choices }]): [string, Options] => {
    return [name, { ...(type === 'number' ? number : { string: true }), array, describe, choices }];
  });
  return parser
    .options(Object.fromEntries(options))
    .option('set', { type: 'string', array: true, describe: 'any key of the file: KEY=VALUE; may be given several times' })
    .group(['origin', 'workers', 'policy', 'tail', 'ttl'], 'Most used:')
    .group([...Object.keys(configFlags).slice(5), 'set'], 'Configuration:');
}

const positionalConfig = { type: 'string', describe: 'configuration file (YAML)' } as const;

function roleOptions(parser: Argv): Argv {
  return withConfigFlags(parser.positional('config', positionalConfig)).option('control', {
    type: 'string',
    describe: 'URL of the control process (default: as configured)',
  });
}

const control = { type: 'string', default: defaultControl, describe: 'URL of the control process' } as const;

const member = { type: 'string', demandOption: true, describe: 'name of a worker, such as w2' } as const;

const adminOptions = (parser: Argv): Argv =>
  parser.option('control', control).epilogue('ROUNDHOUSE_TOKEN of the environment is sent along: control processes on other machines ask for it.');

type Given = Readonly<Record<string, unknown>>; // yargs' own types say no more once commands are built apart

async function runRole(role: 'dns' | 'worker' | 'control' | 'origin', given: Given): Promise<void> {
  const { runRoleCommand } = await import('./roles.js');
  exitCode = await runRoleCommand(role, given);
}

function withOperatorCommands(parser: Argv): Argv {
  for (const [verb, describe, why] of operatorVerbs) {
    const options = (y: Argv): Argv => adminOptions(y.positional('member', member)).example(`$0 ${verb} w2`, why);
    parser.command(`${verb} <member>`, describe, options, async (given) => {
      const { adminCommand } = await import('./status.js');
      print(await adminCommand(verb, given));
    });
  }
  return parser.command('purge [url]', 'remove stored responses from the caches of all workers', purgeOptions, async (given) => {
    const { purgeCommand } = await import('./purge.js');
    const { text, exitCode: code } = await purgeCommand(given);
    print(text);
    exitCode = code;
  });
}

function purgeOptions(parser: Argv): Argv {
  return adminOptions(parser)
    .positional('url', { type: 'string', describe: 'URL as clients use it, query included' })
    .options(purgeFlags)
    .example('$0 purge --tag product-17', 'whatever shows this product');
}

/** @param groups of flags, by the heading that each has in the help */
function withGroups(parser: Argv, groups: Readonly<Record<string, Readonly<Record<string, Options>>>>): Argv {
  return Object.entries(groups).reduce((grouped, [title, flags]) => grouped.options(flags).group(Object.keys(flags), title), parser);
}

function rotationOptions(parser: Argv): Argv {
  return withGroups(parser, rotationFlags)
    .example('$0 bench rotation', 'round-robin against a static list')
    .example('$0 bench rotation --duration 30 --kill w3@10s', 'what a death costs')
    .example('$0 bench rotation --scenario one-big-resolver', 'one cache, and no rotation is even')
    .epilogue('Ctrl-C ends the round under way and shows what the complete ones say, marked as partial, with exit code 130.');
}

/** @param atOnce the flag for how many `units` are under way at a time. @param driver the one that is preferred */
function serversOptions(parser: Argv, atOnce: string, units: string, driver: string): Argv {
  return parser
    .option('contender', { alias: 'c', type: 'string', array: true, describe: 'who takes part; may be given several times (default: all that are installed)' })
    .option('rounds', { ...number, describe: 'turns of each (default: as few as a verdict needs)' })
    .option('seconds', { ...number, describe: 'measured in each turn (default: 1)' })
    .option('warm-up', { ...number, describe: 'seconds before, which do not count (default: 3 for what Node runs, 1 for others)' })
    .option(atOnce, { ...number, describe: `${units} at a time (default: 64)` })
    .option('driver', { type: 'string', describe: `what makes the load: ${driver} or own (default: ${driver} if it is installed)` })
    .option('json', { type: 'string', describe: 'print JSON, or write it to this file beside the table' })
    .epilogue('Ctrl-C shows what was measured until then, marked as partial, with exit code 130. What is measured and how: bench/README.md.');
}

async function runServers(task: 'dns' | 'proxy', given: Given): Promise<void> {
  const { benchServersCommand } = await import('./bench-servers.js');
  exitCode = await benchServersCommand(task, given);
}

const words = hideBin(process.argv);
const commands = yargs(words)
  .scriptName('roundhouse')
  .usage('$0 COMMAND\n\nA load-balanced reverse-proxy tier: DNS rotates over a pool of proxy workers.')
  .command(
    'up [config]',
    'run the whole tier on this machine',
    (y) =>
      withConfigFlags(y.positional('config', { ...positionalConfig, describe: 'configuration file (YAML), or a directory to serve as the master origin' }))
        .example('$0 up', 'four workers before a demo origin')
        .example('$0 up ./site', 'serve the directory through them')
        .example('$0 up --origin http://10.0.0.5:80 --workers 8', 'eight workers before your own origin')
        .example('$0 up roundhouse.yaml --policy static-list', 'a file, with another policy'),
    async (given) => {
      const { up } = await import('./up.js');
      exitCode = await up(given);
    },
  )
  .command(
    'dns [config]',
    'run the DNS server alone',
    (y) => roleOptions(y).example('$0 dns roundhouse.yaml', 'answer for the zone of the file'),
    (given) => runRole('dns', given),
  )
  .command(
    'worker [config]',
    'run one worker alone',
    (y) =>
      roleOptions(y)
        .option('name', { type: 'string', demandOption: true, describe: 'which member of the configuration this is' })
        .example('$0 worker roundhouse.yaml --name w2', 'the second worker'),
    (given) => runRole('worker', given),
  )
  .command(
    'control [config]',
    'run the control process alone: probes, operator states, admin API',
    (y) => withConfigFlags(y.positional('config', positionalConfig)).example('$0 control roundhouse.yaml', 'probe the workers of the file'),
    (given) => runRole('control', given),
  )
  .command(
    'origin [config]',
    'run the built-in origin alone',
    (y) =>
      withConfigFlags(y.positional('config', { ...positionalConfig, describe: 'configuration file (YAML), or a directory to serve' }))
        .example('$0 origin', 'the demo pages')
        .example('$0 origin ./site --origin-port 8000', 'a directory, on another port'),
    (given) => runRole('origin', given),
  )
  .command(
    'check <config>',
    'validate a configuration and print it with every default filled in',
    (y) =>
      withConfigFlags(y.positional('config', { ...positionalConfig, demandOption: true }))
        .example('$0 check roundhouse.yaml', 'is it right, and what does it mean?')
        .example('$0 check roundhouse.yaml --workers 8', 'and with this changed?'),
    async (given) => {
      const { check } = await import('./check.js');
      print(await check(given));
    },
  )
  .command(
    'resolve [name]',
    'ask the DNS server, and show who stands first how often',
    (y) =>
      y
        .positional('name', { type: 'string', default: 'www.roundhouse.test', describe: 'name to resolve' })
        .option('count', { alias: 'n', ...number, default: 1, describe: 'ask so many times and count first places' })
        .option('type', { alias: 't', type: 'string', default: 'A', describe: 'record type' })
        .option('server', { type: 'string', default: '127.0.0.1:5300', describe: 'ADDR:PORT of the DNS server' })
        .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
        .example('$0 resolve', 'the addresses of the service in their order')
        .example('$0 resolve w2.roundhouse.test', 'the address of one worker')
        .example('$0 resolve -n 4000', 'how evenly first places are spread'),
    async (given) => {
      const { resolveCommand } = await import('./resolve.js');
      const { text, exitCode: code } = await resolveCommand(given);
      print(text);
      exitCode = code;
    },
  )
  .command(
    'status',
    'show the pool as the tier sees it now',
    (y) =>
      y
        .option('control', control)
        .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
        .example('$0 status', 'a table of the workers')
        .example('$0 status --json | jq .members', 'the same for programs'),
    async (given) => {
      const { statusCommand } = await import('./status.js');
      print(await statusCommand(given));
    },
  )
  .command(
    'simulate [scenario]',
    'simulate resolvers, clients and workers around the policies that serve',
    (y) =>
      y
        .positional('scenario', { type: 'string', describe: 'name of one that ships, or a file (YAML); without it: the list' })
        .option('policy', { type: 'string', describe: 'rotation, by name or ./my-policy.js (authority.policy)' })
        .option('repetitions', { ...number, describe: 'runs with different random numbers' })
        .option('seed', { ...number, describe: 'the same seed gives the same digits (default: 1)' })
        .option('set', { type: 'string', array: true, describe: 'any key of the scenario: KEY=VALUE; may be given several times' })
        .option('sweep', { type: 'string', array: true, describe: 'a key with several values: KEY=A,B,C; all combinations of several' })
        .option('threads', { ...number, describe: 'how many (default: one a core)' })
        .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
        .option('html', { type: 'string', describe: 'write a page with plots to this file' })
        .option('print', { type: 'boolean', default: false, describe: 'print the scenario with every default filled in, and do not run it' })
        .example('$0 simulate', 'the scenarios that ship')
        .example('$0 simulate one-worker-dies', 'a table of what happened')
        .example('$0 simulate flash-crowd --set durationS=900', 'with one key changed')
        .example('$0 simulate my.yaml --sweep authority.ttl=0,60', 'a row for each value')
        .epilogue('Ctrl-C shows what was simulated until then, marked as partial, with exit code 130.'),
    async (given) => {
      const { simulateCommand } = await import('./simulate.js');
      exitCode = await simulateCommand(given);
    },
  )
  .command('bench', 'measure on real sockets', (y) =>
    y
      .command('rotation', 'rotation policies against each other, with a verdict', rotationOptions, async (given) => {
        const { benchRotation } = await import('./bench-rotation.js');
        exitCode = await benchRotation(given);
      })
      .command(
        'dns',
        'DNS servers side by side: processor time of a query, queries a second',
        (sub) =>
          serversOptions(sub, 'inflight', 'queries', 'dnsperf')
            .example('$0 bench dns', 'all that are installed, about four minutes')
            .example('$0 bench dns -c ours -c knot', 'two of them')
            .example('$0 bench dns -c node-dgram -c canary', 'is a delay of 100 µs a query detected?'),
        (given) => runServers('dns', given),
      )
      .command(
        'proxy',
        'reverse proxies side by side: processor time of a request, requests a second',
        (sub) =>
          serversOptions(sub, 'connections', 'connections', 'wrk')
            .option('case', { type: 'string', describe: 'small: bodies of 100 bytes; large: of 1 MiB; half-load: latency at a rate, from the generator of ours; cached: answers out of the cache (default: small)' })
            .option('cache', { type: 'boolean', describe: 'the same as --case cached' })
            .option('rate', { ...number, describe: 'requests a second with --case half-load (default: half of what ours does for the same generator)' })
            .example('$0 bench proxy', 'all that are installed, about four minutes')
            .example('$0 bench proxy --case large', 'with bodies of 1 MiB')
            .example('$0 bench proxy --cache', 'our cache beside those of nginx, Varnish and HAProxy')
            .example('$0 bench proxy -c node-http -c node-http', 'are two identical ones told apart?'),
        (given) => runServers('proxy', given),
      )
      .example('$0 bench rotation', 'which rotation spreads load better?')
      .example('$0 bench dns', 'our DNS server beside dns2, BIND, Knot, NSD, gdnsd and PowerDNS')
      .example('$0 bench proxy', 'our workers beside http-proxy, node:http, nginx and HAProxy')
      .demandCommand(1, 'what to measure is needed, such as `roundhouse bench rotation`'),
  );
const parser = withOperatorCommands(commands)
  .demandCommand(1, 'a command is needed, such as `roundhouse up`')
  .strict()
  .recommendCommands()
  .version(version)
  .alias('h', 'help')
  .describe({ help: 'show this help', version: 'show the version' })
  .epilogue('Exit codes: 0 fine, 1 failed, 2 wrong usage.')
  .wrap(Math.min(110, process.stdout.columns ?? 110))
  .exitProcess(false)
  .fail((message, error) => {
    if (error instanceof Error) throw error;
    if (words.length === 0) throw new UsageError(message); // after the help, which says the rest
    throw new UsageError(`${message.replace(/\s*\n\s*/g, ' ')} (\`roundhouse --help\` and \`roundhouse COMMAND --help\` tell more)`);
  });

try {
  await parser.parseAsync();
} catch (error) {
  if (words.length === 0) process.stderr.write(`${await parser.getHelp()}\n\n`);
  exitCode = report(error);
}
process.exit(exitCode);

function report(error: unknown): number {
  const expected = error instanceof Error && expectedErrors.has(error.name);
  const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`roundhouse: ${text}\n`);
  return isWrongUsage(error) ? 2 : 1;
}

/** A configuration, too, when all that is wrong with it was typed as flags. */
function isWrongUsage(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && 'fromFlags' in error && error.fromFlags === true);
}

/**
 * The flags of `bench rotation` with their help, as data.
 */

/** As in `commands.ts`: a number arrives as it was typed, too, so that a message can quote it. */
const number = { string: true, number: true } as const;
const list = { type: 'string', array: true } as const;
const text = { type: 'string' } as const;

export const rotationFlags = {
  'What is compared:': {
    policy: { ...list, describe: 'who is compared: a policy, ./my-policy.js, or NAME@ADDR:PORT of a DNS server' },
    scenario: { ...text, describe: 'name of one that ships, or a file (YAML) (default: short-sessions)' },
    rounds: { ...number, describe: 'of each (repetitions)' },
    duration: { ...number, describe: 'measured seconds of a round (durationS)' },
    users: { ...number, describe: 'virtual users (clients.count)' },
    workers: { ...number, describe: 'how many workers (workers.count)' },
    ttl: { ...text, describe: 'TTL of the answers (authority.ttl)' },
    set: { ...list, describe: 'any key of the scenario: KEY=VALUE; may be given several times' },
    speed: { ...number, describe: 'seconds of the scenario in a real one (default: 1)' },
    seed: { ...number, describe: 'the same seed makes the same users (default: 1)' },
  },
  'Where and how:': {
    control: { ...text, describe: 'URL of the control process of a tier that runs already' },
    resolver: { ...text, describe: 'ADDR:PORT of a caching resolver that asks the tier, in place of emulated ones' },
    dns: { ...text, describe: 'ADDR:PORT where the DNS of each contender answers (default: a free loopback address)' },
    origin: { ...list, describe: 'master origin of the tier that is brought up (default: built-in)' },
    path: { ...text, describe: 'what users ask for (default: /bytes/100)' },
    'keep-alive': { type: 'boolean', default: true, describe: '--no-keep-alive: a connection for each request' },
  },
  'Faults, by the time since the measured part of a round began:': {
    kill: { ...list, describe: 'WORKER@TIME such as w3@10s: dies, and stays dead until --return' },
    hang: { ...list, describe: 'stops answering' },
    return: { ...list, describe: 'is there again' },
    drain: { ...list, describe: 'is taken out of the answers' },
    enable: { ...list, describe: 'is put back into the answers' },
  },
  'What to tell:': {
    expect: { ...list, describe: "such as 'maxOverMean(round-robin) < 1.05'; exit code 1 when it does not hold" },
    measure: { ...text, describe: 'what the verdict goes by (default: maxOverMean)' },
    confidence: { ...number, describe: 'of the verdict and its intervals (default: 0.95)' },
    'simulate-too': { type: 'boolean', default: false, describe: 'run the simulator as well, and show both side by side' },
    json: { ...text, describe: 'print JSON, or write it to this file beside the summary' },
    csv: { ...text, describe: 'print the load by worker and interval as CSV, or write it to this file' },
    html: { ...text, describe: 'write a report with plots to this file' },
  },
} as const;

/**
 * What dnsperf and wrk print, recorded: of a good run, a bad one and one that got nowhere.
 */
import { describe, expect, it } from 'vitest';
import { dnsperf, readDnsperf } from '../../../bench/harness/dnsperf.js';
import { readWrk, wrk } from '../../../bench/harness/wrk.js';

const dnsperfText = (statistics: string): string => `DNS Performance Testing Tool
Version 2.10.0

[Status] Command line: dnsperf -s 127.0.0.1 -p 25402 -d questions -l 1 -q 16 -c 2 -t 1
[Status] Sending queries (to 127.0.0.1:25402)
[Status] Stopping after 1.000000 seconds
[Timeout] Query timed out: msg id 1999
[Status] Testing complete (time limit)

Statistics:

${statistics}
  Average packet size:  request 37, response 37

  Average Latency (s):  0.000259 (min 0.000016, max 0.002325)
  Latency StdDev (s):   0.000210

`;

describe('dnsperf', () => {
  it('is told where, how long and how many at a time', () => {
    const aim = { server: { address: '127.0.0.1', port: 5300 }, seconds: 2, atOnce: 64 };
    const args = dnsperf.args(aim).join(' ');
    expect(args).toBe('-s 127.0.0.1 -p 5300 -d questions -m udp -T 1 -t 1 -l 2 -q 64 -c 4');
    expect(dnsperf.files(aim)).toEqual({ questions: 'www.roundhouse.test A\n' });
  });

  it('tells how many came back', () => {
    const text = dnsperfText(`  Queries sent:         117593
  Queries completed:    117593 (100.00%)
  Queries lost:         0 (0.00%)

  Response codes:       NOERROR 117593 (100.00%)
  Run time (s):         1.500354
  Queries per second:   78376.836400`);
    expect(readDnsperf(text)).toEqual({ seconds: 1.500354, answers: 117_593, failures: {} });
  });

  it('tells what was lost, and what was no answer', () => {
    const text = dnsperfText(`  Queries sent:         23192
  Queries completed:    23181 (99.95%)
  Queries lost:         11 (0.05%)

  Response codes:       NOERROR 15438 (66.60%), SERVFAIL 7719 (33.30%), REFUSED 24 (0.10%)
  Run time (s):         1.000240
  Queries per second:   23175.437895`);
    expect(readDnsperf(text)).toEqual({ seconds: 1.00024, answers: 23_181, failures: { lost: 11, SERVFAIL: 7719, REFUSED: 24 } });
  });

  it('tells that nothing came back', () => {
    const text = dnsperfText(`  Queries sent:         16
  Queries completed:    0 (0.00%)
  Queries lost:         16 (100.00%)

  Response codes:
  Run time (s):         1.000148
  Queries per second:   0.000000`);
    expect(readDnsperf(text)).toEqual({ seconds: 1.000148, answers: 0, failures: { lost: 16 } });
  });

  it('has no report when it did not come to one', () => {
    expect(() => readDnsperf('[Status] Sending queries')).toThrow(/its report has no line like Run time/);
  });
});

const wrkText = (figures: string): string => `Running 4s test @ http://127.0.0.1:25400/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   322.17us  522.36us   9.22ms   93.16%
    Req/Sec    33.59k     9.30k   45.61k    67.50%
${figures}
Transfer/sec:      1.24MB
`;

describe('wrk', () => {
  it('is told where, how long and how many at a time', () => {
    const aim = { server: { address: '127.0.0.1', port: 8080 }, seconds: 2, atOnce: 64 };
    expect(wrk.args(aim).join(' ')).toBe('-t 1 -c 64 -d 2s http://127.0.0.1:8080/');
  });

  it('tells how many came back, and how long it took by its rate', () => {
    const load = readWrk(wrkText('  133399 requests in 4.00s, 4.96MB read\nRequests/sec:  33324.21'));
    expect(load).toEqual({ seconds: 133_399 / 33_324.21, answers: 133_399, failures: {} });
  });

  it('tells what failed', () => {
    const text = wrkText(`  133399 requests in 4.00s, 4.96MB read
  Socket errors: connect 0, read 2718, write 0, timeout 5
  Non-2xx or 3xx responses: 43558
Requests/sec:  33324.21`);
    expect(readWrk(text).failures).toEqual({ 'status not 2xx or 3xx': 43_558, 'failed to read': 2718, 'timed out': 5 });
  });

  it('tells that nothing came back', () => {
    const text = wrkText('  0 requests in 1.01s, 0.00B read\n  Socket errors: connect 0, read 0, write 0, timeout 8\nRequests/sec:      0.00');
    expect(readWrk(text)).toEqual({ seconds: 1.01, answers: 0, failures: { 'timed out': 8 } });
  });

  it('has no report when it did not come to one', () => {
    expect(() => readWrk('unable to connect to 127.0.0.1:25401 Connection refused')).toThrow(/its report has no line like/);
  });
});

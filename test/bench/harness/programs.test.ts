/**
 * Finding programs, and what they say of their version.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findProgram, installedProgram, versionIn } from '../../../bench/harness/programs.js';

it.each([
  ['BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>', '9.18.49'],
  ['knotd (Knot DNS), version 3.2.6', '3.2.6'],
  ['NSD version 4.6.1\nWritten by NLnet Labs.', '4.6.1'],
  ["gdnsd: invalid option -- 'V'\ngdnsd version 3.8.1\nUsage: gdnsd [-c /etc/gdnsd] [-D]", '3.8.1'],
  ['Nov 25 23:08:56 PowerDNS Authoritative Server 4.7.3 (C) 2001-2022 PowerDNS.COM BV', '4.7.3'],
  ['nginx version: nginx/1.22.1', '1.22.1'],
  ['HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/', '2.6.12'],
  ['wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer', '4.1.0'],
  ['DNS Performance Testing Tool\nVersion 2.10.0\n', '2.10.0'],
  ['no idea', 'of unknown version'],
])('the version in %j', (text, version) => {
  expect(versionIn(text)).toBe(version);
});

it('finds what may be executed, and knows where daemons live', () => {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-programs-'));
  const [plain, program] = [join(directory, 'plain'), join(directory, 'program')];
  writeFileSync(plain, '', { mode: 0o644 });
  writeFileSync(program, '', { mode: 0o755 });
  mkdirSync(join(directory, 'folder'));
  expect(findProgram('program', `/nowhere:${directory}`)).toBe(program);
  expect([findProgram('plain', directory), findProgram('folder', directory), findProgram('program', '')]).toEqual([undefined, undefined, undefined]);
  rmSync(directory, { recursive: true });
});

it('says which package has what is missing, and the version of what is there', () => {
  const options = { name: 'x', title: 'X', files: () => ({}), args: () => [] };
  expect(installedProgram({ ...options, program: 'no-such-program', debian: 'xd', versionFlag: '-v' }).find()).toEqual({ debian: 'xd' });
  const found = installedProgram({ ...options, program: 'node', debian: 'nodejs', versionFlag: '--version' }).find();
  expect(found).toMatchObject({ program: expect.stringMatching(/\/node$/), version: `X ${process.versions.node}` });
});

import { describe, expect, it } from 'vitest';
import { statusText } from '../../src/cli/status.js';
import type { MemberStatus } from '../../src/control/status.js';
import { bar, percent, span, table } from '../../src/text/table.js';

describe('tables', () => {
  it('pad each column to its widest cell', () => {
    expect(table(['a', 'bb'], [['xxx', '1'], ['y', '22']], ['left', 'right'])).toBe('a    bb\nxxx   1\ny    22');
  });

  it('draw bars to an eighth of a cell', () => {
    expect(bar(1, 4)).toBe('████');
    expect(bar(0.5, 4)).toBe('██');
    expect(bar(1 / 32, 4)).toBe('▏');
    expect(bar(0, 4)).toBe('');
    expect(bar(7, 2)).toBe('██');
  });

  it('name spans in the unit a person would use', () => {
    expect([0, 1499, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000].map(span)).toEqual(['0 s', '1 s', '119 s', '2 min', '120 min', '2 h', '2 d']);
    expect(percent(0.12345)).toBe('12.3 %');
  });
});

describe('status text', () => {
  it('shows what is known, a dash for what is not, and says when it fails open', () => {
    const text = statusText(
      {
        service: 'www.roundhouse.test',
        policy: 'round-robin',
        ttl: '30/5 s',
        failOpen: true,
        withdrawalIgnored: true,
        dnsReachable: false,
        origins: [{ name: 'o1', upFor: 1, probedBy: 4 }],
        members: [
          {
            ...{ name: 'w1', address: '127.0.0.11', address6: undefined, port: 8080, weight: 1, health: 'down', reason: 'probe-refused', detail: 'ECONNREFUSED' },
            ...{ sinceMs: 1000, admin: 'enabled', eligible: true, history: '++--', alarmed: false },
            ...{ location: undefined, withdrawn: null, utilisation: undefined, backlog: undefined },
            ...{ firstPlaces: undefined, share: undefined, requests: undefined, inFlight: undefined },
          },
        ],
      },
      6000,
    );
    expect(text).toMatch(/w1 +127\.0\.0\.11 +down +5 s +probe-refused \(ECONNREFUSED\) +\+\+-- +enabled +yes +– +– +– +–/);
    expect(text).toContain('origin o1: up for 1 of 4 workers');
    expect(text).toContain('Failing open');
    expect(text).toContain('Withdrawal is ignored');
    expect(text).toContain('shares are unknown');
  });

  it('shows how busy a member is, and its alarm', () => {
    const member: MemberStatus = {
      ...{ name: 'w1', address: '127.0.0.11', address6: undefined, port: 8080, weight: 1, health: 'up', reason: 'probe-passed', detail: '' },
      ...{ sinceMs: 1000, admin: 'enabled', eligible: false, history: '+', alarmed: true, utilisation: 0.973, backlog: 12 },
      ...{ location: undefined, withdrawn: null },
      ...{ firstPlaces: 1, share: 1, requests: 5, inFlight: 12 },
    };
    const others = { service: 'www.roundhouse.test', policy: 'two-tier', ttl: '240 s', failOpen: false, withdrawalIgnored: false, dnsReachable: true, origins: [] };
    expect(statusText({ ...others, members: [member] }, 6000)).toMatch(/enabled +no +100\.0 % +alarm 97\.3 % +5 +12/);
    expect(statusText({ ...others, members: [{ ...member, alarmed: false, utilisation: 0 }] }, 6000)).toMatch(/enabled +no +100\.0 % +0\.0 % +5 +12/);
    const located: MemberStatus[] = [{ ...member, location: 'london', withdrawn: 'lagging' }, { ...member, name: 'w2' }];
    const text = statusText({ ...others, members: located }, 6000);
    expect(text).toMatch(/member +location +address/);
    expect(text).toMatch(/w1 +london +127\.0\.0\.11 .* no \(lagging\) /);
    expect(text).toMatch(/w2 +– +127\.0\.0\.11 /);
  });
});

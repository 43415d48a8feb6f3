/**
 * The page's style: system fonts, light or dark as the reader has it, printable. The drawings take their colours from here.
 */

export const style = `<style>
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1b1e23; --soft: #565d67; --line: #9aa1ab; --faint: #e6e8ec; --accent: #b4541a;
  --alarm: #c4321f; --event: #5b6470; --heat: #1d5fb4; --warm: #f08c00; --hot: #d11a1a;
  --c0: #1d5fb4; --c1: #c8500a; --c2: #13804a; --c3: #8e35a8; --c4: #a57c00; --c5: #c41f5e; --c6: #0b7f8c; --c7: #62666d; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15181d; --ink: #e8eaee; --soft: #a8afba; --line: #6b727d; --faint: #2a2f37; --accent: #f0955a;
  --alarm: #ff7a66; --event: #a8afba; --heat: #66a8f5; --warm: #ffab2e; --hot: #ff4d4d;
  --c0: #66a8f5; --c1: #ff9450; --c2: #4fca85; --c3: #d085ea; --c4: #e0b93a; --c5: #ff749f; --c6: #45c8d6; --c7: #b0b5bd; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
body { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 .25rem; font-size: 1.9rem; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.25rem; overflow-wrap: anywhere; }
h3 { margin: .9rem 0 0; font-size: .9rem; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.reading { color: var(--soft); font-size: .93rem; }
.none { color: var(--soft); font-style: italic; }
.partial { border-left: 5px solid var(--alarm); background: var(--faint); padding: .6rem .9rem; max-width: none; }
.verdict { font-size: 1.25rem; line-height: 1.4; font-weight: 600; }
.verdict { border-left: 5px solid var(--accent); padding: .2rem 0 .2rem .9rem; max-width: none; }
.verdict + ul { margin: .2rem 0 1rem; color: var(--soft); font-size: .93rem; }
.warning { border-left: 5px solid var(--alarm); background: var(--faint); padding: .6rem .9rem; max-width: none; }
svg.drawing { display: block; width: 100%; min-width: 36rem; height: auto; }
svg.mark { display: inline-block; width: 26px; height: 10px; vertical-align: middle; margin-right: .45em; flex: none; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: .3rem 0; padding: 0; font-size: .85rem; }
.legend li { display: flex; align-items: center; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; border-bottom: 1px solid var(--faint); }
th, td { padding: .35rem 0 .35rem .9rem; text-align: right; vertical-align: bottom; }
thead th { color: var(--soft); font-weight: 600; white-space: normal; min-width: 3.5rem; border-bottom-color: var(--line); }
.word { text-align: left; padding-left: 0; }
.word + .word { padding-left: .9rem; }
th[scope=row] { font-weight: 500; white-space: normal; min-width: 7rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem 1.5rem; margin: 1.25rem 0; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; font-size: .93rem; overflow-wrap: anywhere; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--faint); border-radius: 6px; font: 13px/1.5 ui-monospace, monospace; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { details { display: none; } section { break-inside: avoid; } }
</style>`;

/** The style sheet of a page: light and dark, wide and narrow screens, and print. */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --raised: #fff; --ink: #1d2126; --faint: #69707a; --line: #e3e0da; --rail: #d3d0c9;
  --red: #c01f2e; --red-soft: #fdecec; --amber: #a35c00; --green: #1d7a46; --focus: #2257c4; --hover: #f1eee8;
  --user: #7b3fb5; --node: #8a5a2b; --clock: #69707a; --fault: #c2410c; --others: #2f7d5b;
  --process-0: #1f5fbf; --process-1: #0b7f8c; --process-2: #4a4fb8; --process-3: #2b6d8f;
  --object-0: #1f5fbf; --object-1: #a8326e; --object-2: #2f7d5b; --object-3: #8a6a00; --object-4: #6a4fb0;
  --object-5: #0b7f8c; --object-6: #69707a;
  --participant-lane: 34px; --object-lane: 64px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1b1f25; --ink: #e4e6e9; --faint: #969ea9; --line: #2a3038; --rail: #39414b;
    --red: #ff7b80; --red-soft: #351a1e; --amber: #f0b04f; --green: #67c793; --focus: #82aaff; --hover: #21262d;
    --user: #c597f5; --node: #d3a473; --clock: #969ea9; --fault: #ff9b63; --others: #6cc49b;
    --process-0: #82aaff; --process-1: #5ccbd6; --process-2: #a5a8ff; --process-3: #7cbbd9;
    --object-0: #82aaff; --object-1: #f092c0; --object-2: #6cc49b; --object-3: #d9b84a; --object-4: #b9a2f2;
    --object-5: #5ccbd6; --object-6: #969ea9;
  }
}
.user { --c: var(--user) } .node { --c: var(--node) } .clock { --c: var(--clock) } .fault { --c: var(--fault) }
.others { --c: var(--others) }
.process-0 { --c: var(--process-0) } .process-1 { --c: var(--process-1) }
.process-2 { --c: var(--process-2) } .process-3 { --c: var(--process-3) }
.object-0 { --c: var(--object-0) } .object-1 { --c: var(--object-1) } .object-2 { --c: var(--object-2) }
.object-3 { --c: var(--object-3) } .object-4 { --c: var(--object-4) } .object-5 { --c: var(--object-5) }
.object-6 { --c: var(--object-6) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.45 system-ui, sans-serif }
header, main { max-width: 1360px; margin: 0 auto; padding: 0 24px }
h1 { font-size: 21px; font-weight: 650; margin: 24px 0 12px; letter-spacing: -.01em }
h2 { font-size: 12px; font-weight: 600; margin: 0 0 4px; color: var(--faint) }
@media (min-width: 1000px) { .summary { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 12px; align-items: start } .summary > :only-child { grid-column: 1 / -1 } }
header section { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin: 0 0 12px }
header ul, header ol { margin: 0; padding: 0 0 0 22px; overflow-wrap: anywhere }
.failed { border-color: var(--red); border-left-width: 5px; background: var(--red-soft) }
.failed ul { padding: 0; list-style: none; font-size: 15px }
.failed li b { color: var(--red); margin-right: 4px }
.failed dl { margin: 10px 0 0; display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; color: var(--faint); font-size: 13px }
.failed dt { font-weight: 600 } .failed dd { margin: 0 }
.passed { color: var(--green); font-weight: 600 }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 16px 0 8px; color: var(--faint); font-size: 12.5px; align-items: center }
.legend span { display: inline-flex; gap: 6px; align-items: center }
.legend .bar { width: 5px; height: 18px; border-radius: 3px; background: var(--process-0); opacity: .45 }
.legend .dot, .legend .chip { --c: var(--process-0); position: static; transform: none; margin: 0 }
.thread { width: 26px; height: 0; border-top: 1.5px solid var(--faint) }
.thread.stale { border-top: 2px dashed var(--amber) }
.keys { margin-left: auto }
.chart { position: relative; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 48px }
.chart ol { list-style: none; margin: 0; padding: 4px 0 8px }
.threads { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; z-index: 1 }
.threads path { fill: none; stroke: var(--faint); stroke-width: 1.25; opacity: .32 }
.threads path.stale { stroke: var(--amber); stroke-dasharray: 5 4; opacity: .9; stroke-width: 1.75 }
.threads path.on { stroke: var(--focus); opacity: 1; stroke-width: 2.25 }
.threads path.stale.on { stroke: var(--amber) }
.row {
  display: grid; padding: 0 16px 0 0; border-left: 4px solid transparent; outline: 0;
  grid-template-columns: 92px repeat(var(--participants), var(--participant-lane)) repeat(var(--objects), var(--object-lane)) minmax(0, 1fr)
}
.heads { position: sticky; top: 0; z-index: 3; background: var(--raised); border-bottom: 1px solid var(--line); border-radius: 8px 8px 0 0; align-items: end; min-height: 100px; padding-top: 10px; font-size: 12px }
.heads .time { padding-bottom: 6px }
.heads b { writing-mode: vertical-rl; transform: rotate(180deg); color: var(--c); font-weight: 600; max-height: 150px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-top: 8px }
.time { color: var(--faint); font-variant-numeric: tabular-nums; padding: 5px 12px 5px 12px; text-align: right; font-size: 12.5px }
.time.same { opacity: .35 }
.lane { position: relative; display: flex; flex-direction: column; align-items: center; padding-top: 4px; min-height: 30px }
.heads .lane { justify-content: flex-end }
.lane.exists::before { content: ""; position: absolute; top: 0; bottom: 0; left: calc(50% - .5px); width: 1px; background: var(--rail) }
.lane.object.exists::before { left: calc(50% - 1px); width: 2px; background: color-mix(in srgb, var(--c) 28%, transparent) }
.lane.busy::after { content: ""; position: absolute; top: 0; bottom: 0; left: calc(50% - 3px); width: 6px; background: color-mix(in srgb, var(--c) 32%, transparent) }
.row.pass .lane.busy:has(.dot)::after { top: 5px; border-radius: 3px 3px 0 0 }
.dot {
  position: relative; z-index: 2; width: 21px; height: 21px; border-radius: 50%; background: var(--c); color: var(--raised);
  font: 600 11px/21px system-ui, sans-serif; text-align: center; flex: none; font-style: normal
}
.row.pass .dot { background: var(--raised); color: var(--c); box-shadow: inset 0 0 0 2px var(--c) }
.fault .dot { border-radius: 4px; transform: rotate(45deg) scale(.86) }
.violation .dot, .dot.violation { box-shadow: 0 0 0 2px var(--raised), 0 0 0 4px var(--red) }
.chip {
  position: relative; z-index: 2; font: 600 11.5px/19px ui-monospace, monospace; padding: 0 6px; border-radius: 10px; margin: 1px 0;
  background: var(--raised); color: var(--c); border: 1.5px solid var(--c)
}
.chip.deleted { text-decoration: line-through; border-style: dashed }
.violation .chip { background: var(--red-soft) }
.words { padding: 5px 0 5px 12px; overflow-wrap: anywhere; min-width: 0 }
.row.call .words { padding-left: 26px }
.who { color: var(--c); font-weight: 600; margin-right: 3px }
.stale .words { color: var(--amber) }
.row:hover { background: var(--hover) }
.row.on { background: color-mix(in srgb, var(--focus) 9%, transparent) }
.row:focus-visible { box-shadow: inset 0 0 0 2px var(--focus) }
.row.violation { border-left-color: var(--red); background: color-mix(in srgb, var(--red) 7%, transparent) }
.heads:hover { background: var(--raised) }
.finding {
  position: relative; z-index: 2; margin: 2px 16px 2px calc(92px + var(--participants) * var(--participant-lane) + var(--objects) * var(--object-lane) + 26px);
  padding: 6px 12px; background: var(--red-soft); border: 1px solid var(--red); border-radius: 6px; overflow-wrap: anywhere
}
.finding b { color: var(--red); margin-right: 4px } .finding::before { content: "✗ "; color: var(--red); font-weight: 700 }
.gap { color: var(--faint); padding: 6px 0 6px 104px; border-block: 1px dashed var(--line); margin: 6px 0 }
details { display: inline } summary { display: inline; cursor: pointer; color: var(--faint); font-size: 12px; text-decoration: underline dotted; list-style: none }
summary::-webkit-details-marker { display: none }
pre { margin: 6px 0; padding: 8px 10px; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; font: 12px/1.4 ui-monospace, monospace }
@media (max-width: 760px) {
  header, main { padding: 0 12px }
  .legend, .threads, .heads, .chart .lane { display: none }
  .row { grid-template-columns: minmax(0, 1fr); padding: 4px 10px 6px; border-bottom: 1px solid var(--line) }
  .time { text-align: left; padding: 0; font-size: 11.5px } .words, .row.call .words { padding: 0 }
  .row.call { padding-left: 20px } .finding { margin: 4px 10px } .gap { padding-left: 10px }
}
@media print { .heads { position: static } .keys { display: none } }
`

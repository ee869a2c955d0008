#include "cli/report/style.h"

namespace mlmon {

const std::string_view kReportStyle = R"CSS(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--faint:#66707f;--line:#d9dee6;--soft:#f4f6f9;
--figure:#2563a8;--limit:#b45309;--fires:#dc262633;--retrain:#7c3aed;--bad:#b91c1c;--busy:#92600a;--good:#15703a}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e3e8ef;--faint:#98a3b3;--line:#2d3540;
--soft:#1a2028;--figure:#6cb0f5;--limit:#f0a64a;--fires:#f8717140;--retrain:#b794f6;--bad:#f58a8a;--busy:#e5b567;--good:#6fcf97}}
*{box-sizing:border-box}
body{margin:0 auto;padding:0 1rem 3rem;max-width:90rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{margin:1.2rem 0 0;font-size:1.6rem}
h2{margin:2rem 0 .4rem;font-size:1.2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
h3{margin:1rem 0 .3rem;font-size:1rem}
p{margin:.3rem 0 .8rem}
small{color:var(--faint);font-weight:normal}
code{font-size:.85em}
.now{list-style:none;display:flex;flex-wrap:wrap;gap:.6rem;padding:0;margin:.6rem 0 1rem}
.now li{padding:.4rem .8rem;border:1px solid;border-radius:.4rem;font-weight:600}
.bad{color:var(--bad)}.busy{color:var(--busy)}.good{color:var(--good)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);min-width:4rem}
th{color:var(--faint);font-weight:600;white-space:nowrap}
td{overflow-wrap:break-word}bdi{overflow-wrap:anywhere}
td:first-child{min-width:15rem}
td small{display:block}
.whole{white-space:nowrap}
article{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:.8rem 1.2rem;margin-bottom:1.4rem}
article h3{grid-column:1/-1}
figure{margin:0;padding:.5rem;background:var(--soft);border-radius:.4rem}
figcaption{font-weight:600;font-size:.9rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--faint);font-size:13px}
svg .grid{stroke:var(--line)}
svg .figure{fill:var(--figure);stroke:var(--figure);stroke-width:1.2;stroke-linejoin:round}
svg .dots{fill:var(--figure)}
svg .limit{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:5 4}
svg .fires{fill:var(--fires)}
svg .retrain{fill:var(--retrain);stroke:var(--retrain);stroke-width:1}
.key.figure{color:var(--figure)}.key.limit{color:var(--limit)}.key.fires{color:var(--bad)}.key.retrain{color:var(--retrain)}
@media print{body{max-width:none}figure{break-inside:avoid}}
)CSS";

}  // namespace mlmon

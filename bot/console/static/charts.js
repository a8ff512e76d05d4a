// Draw the figures of the statistics page. Each chart's table stands below it for those who read.
(() => {
  "use strict";
  const boxes = [...document.querySelectorAll("[data-chart]")];
  const drawn = boxes.map((box) => ({ box, chart: echarts.init(box, null, { renderer: "canvas" }) }));

  // A share with its interval: a bar from the lower to the upper end, and a mark where it is.
  function ranges(told, palette, ink) {
    const bar = (data, itemStyle, more) => ({ type: "bar", stack: "all", silent: true, barMaxWidth: 12, data, itemStyle, ...more });
    return [
      bar(told.ranges.map(([low]) => low), { color: "transparent" }, { tooltip: { show: false } }),
      bar(told.ranges.map(([low, , high]) => high - low), { color: palette.soft, opacity: 0.45, borderRadius: 6 }, { tooltip: { show: false } }),
      { type: "scatter", symbol: "diamond", symbolSize: 15, data: told.ranges.map(([, rate]) => rate), itemStyle: { color: palette.accent }, label: { show: true, position: "top", color: ink, formatter: ({ value }) => `${value}%` } },
    ];
  }

  function draw() {
    const style = getComputedStyle(document.body);
    const probe = document.createElement("i");
    probe.hidden = false;
    document.body.append(probe);
    const colour = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
    const ink = colour("--ink"), soft = colour("--soft"), line = colour("--line");
    const palette = { accent: colour("--accent"), red: colour("--red"), green: colour("--green"), amber: colour("--amber"), soft };
    probe.remove();
    for (const { box, chart } of drawn) {
      const told = JSON.parse(box.dataset.chart);
      const flat = told.flat;
      const names = { type: "category", data: told.names, axisLabel: { color: soft, interval: flat ? 0 : "auto" }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, inverse: Boolean(flat) };
      const values = { type: "value", minInterval: 1, max: told.ranges ? 100 : undefined, axisLabel: { color: soft }, splitLine: { lineStyle: { color: line } } };
      chart.setOption({
        animation: false,
        textStyle: { fontFamily: style.fontFamily, color: ink },
        grid: { left: 8, right: 18, top: told.series.length > 1 ? 34 : 14, bottom: 6, containLabel: true },
        legend: told.series.length > 1 ? { top: 0, textStyle: { color: ink }, itemWidth: 14, itemHeight: 10 } : undefined,
        tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
        xAxis: flat ? values : names,
        yAxis: flat ? names : values,
        series: told.ranges ? ranges(told, palette, ink) : told.series.map((each) => ({
          name: each.name, type: "bar", data: each.data, stack: told.stack ? "all" : undefined, barMaxWidth: 26,
          itemStyle: { color: palette[each.colour], borderRadius: told.stack ? 0 : 3 },
          label: flat && !told.stack ? { show: true, position: "right", color: ink } : undefined,
        })),
      }, true);
    }
  }
  draw();
  document.addEventListener("dressed", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", () => drawn.forEach(({ chart }) => chart.resize()));
})();

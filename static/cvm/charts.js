/* All charts: <div class="plot" data-chart="name" role="img" aria-label="…"></div> followed by
   <script type="application/json"> (Django's json_script will do). Colours come from the tokens and
   change with the theme. Canvas, because the strict policy forbids the style attributes of SVG.
   Money arrives in whole units of the currency (not in kopecks); texts arrive in the data. */
(function () {
  "use strict";
  var root = document.documentElement, live = [];
  var isRussian = (root.lang || "ru").slice(0, 2) === "ru";
  var NBSP = "\u00a0", THIN = "\u202f", MINUS = "\u2212";
  var STEPS = isRussian ? [[1e9, NBSP + "млрд"], [1e6, NBSP + "млн"], [1e3, NBSP + "тыс."]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];

  function colour(name) { return getComputedStyle(root).getPropertyValue("--c-" + name).trim(); }
  function alpha(hex, opacity) {
    var n = parseInt(hex.replace("#", "").slice(0, 6), 16);
    return "rgba(" + (n >> 16) + "," + ((n >> 8) & 255) + "," + (n & 255) + "," + opacity + ")";
  }
  function plain(value) {
    var parts = String(Math.round(value * 100) / 100).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, isRussian ? THIN : ",");
    return parts.join(isRussian ? "," : ".");
  }
  function short(value) {
    if (value === null || value === undefined || isNaN(value)) return "—";
    var size = Math.abs(value), sign = value < 0 ? MINUS : "";
    if (size >= 1e4) for (var i = 0; i < STEPS.length; i++) if (size >= STEPS[i][0]) {
      return sign + plain(Number((size / STEPS[i][0]).toPrecision(3))) + STEPS[i][1];
    }
    return sign + plain(size);
  }

  function base() {
    return {
      animation: false, aria: { enabled: false },
      textStyle: { fontFamily: "Inter Variable, Inter, system-ui, sans-serif", fontSize: 12, color: colour("ink-2") },
      grid: { left: 4, right: 12, top: 16, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: colour("surface"), borderColor: colour("line"), textStyle: { color: colour("ink"), fontSize: 12 }, axisPointer: { lineStyle: { color: colour("line-strong") } }, valueFormatter: short }
    };
  }
  function category(values) {
    return { type: "category", data: values, axisLine: { onZero: false, lineStyle: { color: colour("line-strong") } }, axisTick: { show: false }, axisLabel: { color: colour("ink-2"), hideOverlap: true } };
  }
  function value(unit) {
    return { type: "value", axisLabel: { color: colour("ink-2"), formatter: function (v) { return short(v) + (unit || ""); } }, splitLine: { lineStyle: { color: colour("line") } }, splitNumber: 4 };
  }
  function zero() {
    return { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: colour("ink-3"), type: "dashed" }, data: [{ yAxis: 0 }] };
  }
  function band(low, high, fill, opacity) {
    var isDark = root.getAttribute("data-bs-theme") === "dark";
    return [
      { type: "line", data: low, stack: "band", symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } },
      { type: "line", data: high.map(function (v, i) { return v - low[i]; }), stack: "band", stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: alpha(fill, isDark ? opacity * 2 : opacity) }, silent: true, tooltip: { show: false } }
    ];
  }
  function whiskers(rows, stroke) {
    return {
      type: "custom", z: 3, silent: true, tooltip: { show: false },
      data: rows.map(function (row, i) { return [i, row[0], row[2]]; }),
      renderItem: function (params, api) {
        var x = api.coord([api.value(0), 0])[0], y0 = api.coord([0, api.value(1)])[1], y1 = api.coord([0, api.value(2)])[1];
        function line(x1, x2, a, b) { return { type: "line", shape: { x1: x1, x2: x2, y1: a, y2: b }, style: { stroke: stroke, lineWidth: 1.5 } }; }
        return { type: "group", children: [line(x, x, y0, y1), line(x - 5, x + 5, y0, y0), line(x - 5, x + 5, y1, y1)] };
      }
    };
  }

  var KINDS = {
    /* {x: names, v: [[low, point, high], …], name}: grey where the interval touches zero */
    months: function (d) {
      var o = base();
      o.xAxis = category(d.x); o.xAxis.axisLine.show = false; o.yAxis = value(d.unit);
      o.series = [{
        name: d.name, type: "bar", barMaxWidth: 38, markLine: zero(),
        data: d.v.map(function (row) {
          var fill = row[0] > 0 ? colour("pos-fill") : row[2] < 0 ? colour("neg-fill") : alpha(colour("mute-fill"), 0.55);
          return { value: row[1], itemStyle: { color: fill, borderRadius: row[1] >= 0 ? [4, 4, 0, 0] : [0, 0, 4, 4] } };
        })
      }, whiskers(d.v, colour("ink"))];
      var low = Math.min.apply(null, d.v.map(function (r) { return r[0]; }).concat(0)), high = Math.max.apply(null, d.v.map(function (r) { return r[2]; }).concat(0));
      o.yAxis.min = function (v) { return Math.min(v.min, low * 1.05); };
      o.yAxis.max = function (v) { return Math.max(v.max, high * 1.05); };
      o.yAxis.axisLabel.showMinLabel = o.yAxis.axisLabel.showMaxLabel = false;
      return o;
    },
    /* {x, y, lo, hi, name}: a line with its band and zero */
    cum: function (d) {
      var o = base(), fill = colour("accent-fill");
      o.xAxis = category(d.x); o.grid.right = 24; o.xAxis.boundaryGap = false; o.yAxis = value(d.unit);
      o.series = band(d.lo, d.hi, fill, 0.16).concat([{ name: d.name, type: "line", data: d.y, symbol: "none", lineStyle: { color: fill, width: 2.5 }, markLine: zero() }]);
      return o;
    },
    /* {x, y, name, u: unit} */
    line: function (d) {
      var o = base(), fill = colour("accent-fill");
      o.xAxis = category(d.x); o.grid.right = 24; o.xAxis.boundaryGap = false; o.yAxis = value(d.u || d.unit);
      o.series = [{ name: d.name, type: "line", data: d.y, symbol: "none", lineStyle: { color: fill, width: 2 }, areaStyle: { color: alpha(fill, 0.08) } }];
      return o;
    },
    spark: function (d) { var o = KINDS.line(d); o.grid = { left: 0, right: 0, top: 4, bottom: 2 }; o.xAxis.show = o.yAxis.show = false; return o; },
    /* {x, revenue, margin, names}: two grey-and-accent bars from zero, named on the tooltip */
    sales: function (d) {
      var o = base();
      o.xAxis = category(d.x); o.yAxis = value(d.unit);
      function bars(data, name, fill) { return { name: name, type: "bar", barGap: "-100%", barMaxWidth: 30, data: data, itemStyle: { color: fill, borderRadius: [4, 4, 0, 0] } }; }
      o.series = [bars(d.revenue, d.names[0], alpha(colour("mute-fill"), 0.45)), bars(d.margin, d.names[1], colour("accent-fill"))];
      return o;
    },
    /* {x, y, name}: plain bars from zero */
    bars: function (d) {
      var o = base();
      o.xAxis = category(d.x); o.yAxis = value(d.unit);
      o.series = [{ name: d.name, type: "bar", barMaxWidth: 38, data: d.y, itemStyle: { color: colour("accent-fill"), borderRadius: [4, 4, 0, 0] } }];
      return o;
    }
  };

  function draw(scope) {
    (scope || document).querySelectorAll("[data-chart]").forEach(function (el) {
      var kind = KINDS[el.dataset.chart], data = el.nextElementSibling;
      if (!kind || !data || data.type !== "application/json") return;
      var chart = window.echarts.getInstanceByDom(el);
      if (!chart) { chart = window.echarts.init(el, null, { renderer: "canvas" }); live.push(chart); }
      chart.setOption(kind(JSON.parse(data.textContent)), true);
    });
  }
  function redraw() {
    live = live.filter(function (chart) { return document.contains(chart.getDom()) || (chart.dispose(), false); });
    draw();
  }
  redraw();
  window.addEventListener("resize", function () { live.forEach(function (chart) { chart.resize(); }); });
  document.addEventListener("htmx:afterSettle", redraw);
  new MutationObserver(redraw).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();

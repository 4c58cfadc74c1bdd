#include "reports/run_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

std::string describe(const CandidateReport& candidate) {
  const auto type = candidate.transport == "udp"
                        ? candidate.type
                        : fmt::format("{}/{}", candidate.type, candidate.transport);
  return fmt::format("{:<5} {}", type, candidate.address);
}

Tone tone_of(const PairReport& pair) {
  switch (pair.outcome) {
    case PairOutcome::failed:
      return Tone::bad;
    case PairOutcome::succeeded:
      return Tone::strong;
    case PairOutcome::abandoned:
    case PairOutcome::unchecked:
      break;
  }
  return Tone::faint;
}

std::string_view role(const PairReport& pair) {
  if (pair.selected) return "selected";
  if (pair.is_missed()) return "missed";
  return pair.nominated ? "nominated" : "";
}

/// "filtered at bob.nat: the rule that decided".
std::string explain(const PairReport& pair) {
  if (!pair.cause) return "";
  auto text = pair.cause->code;
  if (!pair.cause->at.empty()) text += " at " + pair.cause->at;
  if (!pair.cause->detail.empty()) text += ": " + pair.cause->detail;
  return text;
}

Span agent_view(const PairReport& pair, const TextStyle& style) {
  if (pair.agrees) return {pair.agent_view, Tone::faint};
  return {fmt::format("{} {}", pair.agent_view, symbols(style).differs), Tone::doubtful};
}

Table make_table(std::span<const PairReport> pairs, const TextStyle& style) {
  Table table({{"local"},
               {"remote"},
               {"outcome"},
               {""},
               {"checks", true},
               {"rtt ms", true},

               {"agent says"}});
  for (const auto& pair : pairs) {
    table.add({{{describe(pair.local)},
                {describe(pair.remote)},
                {std::string(to_string(pair.outcome)), tone_of(pair)},
                {std::string(role(pair)), tone_of(pair)},
                {std::to_string(pair.checks)},
                {pair.rtt_ms ? fmt::format("{:.1f}", *pair.rtt_ms) : ""},
                agent_view(pair, style)},
               explain(pair)});
  }
  return table;
}

std::string count_checks(int checks) {
  return fmt::format("{} check{}", checks, checks == 1 ? "" : "s");
}

/// A pair on lines of its own: in a terminal too narrow for the table, or with its explanation.
std::string render_pair(const PairReport& pair, size_t indent, const TextStyle& style) {
  const auto ends =
      fmt::format("{} {} {}", describe(pair.local), symbols(style).arrow, describe(pair.remote));
  auto outcome = fmt::format("{}, {}", to_string(pair.outcome), count_checks(pair.checks));
  if (pair.rtt_ms) outcome += fmt::format(", {:.1f} ms", *pair.rtt_ms);
  if (!role(pair).empty()) outcome += fmt::format(", {}", role(pair));
  auto text = paint_lines({ends}, indent, style);
  text += paint_lines({outcome, tone_of(pair)}, indent + 2, style);
  text += paint_lines({explain(pair), Tone::faint}, indent + 2, style);
  if (const auto view = agent_view(pair, style); !pair.agrees) {
    text += paint_lines({"the agent says " + view.text, view.tone}, indent + 2, style);
  }
  if (style.explained) {
    for (const auto& line : pair.explanation) text += paint_lines({line}, indent + 4, style);
  }
  return text;
}

std::string render_agent_pairs(std::span<const PairReport> pairs, const TextStyle& style) {
  constexpr size_t indent = 4;
  const auto table = make_table(pairs, style);
  if (!style.explained && indent + table.width() <= style.width) return table.render(indent, style);
  std::string text;
  for (const auto& pair : pairs) text += render_pair(pair, indent, style);
  return text;
}

std::string describe_agent(const RunReport& run, const std::string& name) {
  const auto peer = std::ranges::find(run.peers, name, &std::pair<std::string, PeerReport>::first);
  if (peer == run.peers.end()) return name;
  auto text = fmt::format("{}: {}", name, peer->second.agent);
  if (!peer->second.state.empty()) text += ", " + peer->second.state;
  return text;
}

/// The agents in the order of the peers, then any other that a pair names.
std::vector<std::string> agents(const RunReport& run) {
  std::vector<std::string> names;
  for (const auto& [name, peer] : run.peers) names.push_back(name);
  for (const auto& pair : run.pairs) {
    if (std::ranges::find(names, pair.agent) == names.end()) names.push_back(pair.agent);
  }
  return names;
}

/// "0.52 s  reboot alice.nat: noticed after 0.30 s, data flows after 0.41 s, direct".
std::string describe_event(const EventReport& event) {
  if (!event.seconds) return event.name + ": never happened";
  auto text = fmt::format("{}  {}: ", format_seconds(event.seconds, " s"), event.name);
  if (event.noticed) text += fmt::format("noticed after {}, ", format_seconds(event.noticed, " s"));
  if (!event.recovered) return text + "did not recover";
  text += fmt::format("data flows after {}", format_seconds(event.recovered, " s"));
  return event.path ? fmt::format("{}, {}", text, to_string(*event.path)) : text;
}

std::string describe_circumstances(const RunReport& run) {
  auto text = fmt::format("after {}, seed {}", format_seconds(run.seconds.total, " s"), run.seed);
  if (run.level) text += fmt::format(", connected as far as {}", to_string(*run.level));
  for (const auto& [what, file] : run.artifacts) text += fmt::format(", {} {}", what, file);
  return text;
}

}  // namespace

std::string run_label(const RunReport& run, bool is_repeated) {
  return is_repeated ? fmt::format("{} #{}", run.name, run.repeat + 1) : run.name;
}

bool is_repeated(std::span<const RunReport> runs) {
  return std::ranges::any_of(runs, [](const RunReport& run) { return run.repeat > 0; });
}

std::string format_seconds(const std::optional<double>& seconds, std::string_view unit) {
  if (!seconds) return "";
  return fmt::format("{:.{}f}{}", *seconds, *seconds < 9.995 ? 2 : 1, unit);
}

Span verdict_mark(RunVerdict verdict, const TextStyle& style) {
  switch (verdict) {
    case RunVerdict::as_expected:
    case RunVerdict::skipped:
      return {};
    case RunVerdict::unexpected:
      return {std::string(symbols(style).unexpected), Tone::bad};
    case RunVerdict::error:
      break;
  }
  return {std::string(symbols(style).error), Tone::doubtful};
}

std::string render_pairs(const RunReport& run, const TextStyle& style) {
  std::string text;
  for (const auto& agent : agents(run)) {
    std::vector<PairReport> pairs;
    std::ranges::copy_if(run.pairs, std::back_inserter(pairs),
                         [&](const PairReport& pair) { return pair.agent == agent; });
    if (pairs.empty()) continue;
    if (!text.empty()) text += "\n";
    text += paint_lines({describe_agent(run, agent), Tone::strong}, 2, style);
    text += render_agent_pairs(pairs, style);
  }
  return text;
}

std::string render_run(const RunReport& run, bool is_repeated, const TextStyle& style) {
  const auto mark = verdict_mark(run.verdict, style);
  auto label = run_label(run, is_repeated);
  if (!run.parameters.empty()) label = fmt::format("{}/{}", run.scenario, label);
  auto text = fmt::format("{} {}\n", paint(mark, style), paint({label, Tone::strong}, style));
  for (const auto& reason : run.reasons) text += paint_lines({reason, mark.tone}, 2, style);
  for (const auto& note : run.notes) text += paint_lines({"note: " + note}, 2, style);
  for (const auto& event : run.events) text += paint_lines({describe_event(event)}, 2, style);
  text += paint_lines({describe_circumstances(run), Tone::faint}, 2, style);
  const auto pairs = render_pairs(run, style);
  return pairs.empty() ? text : text + "\n" + pairs;
}

}  // namespace icelab

#include "harness/certify/certifier.h"

#include "harness/certify/inside_testimony.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

// Silence costs real time with a real server: at first as little as will do on an idle machine. If
// something disagrees it is asked again, in no hurry.
constexpr Retransmission quick{
    .rto = std::chrono::milliseconds(20), .most_requests = 3, .last_wait = 4};
constexpr Retransmission patient{
    .rto = std::chrono::milliseconds(50), .most_requests = 4, .last_wait = 8};

Testimony testify(Witness witness, std::string_view claim,
                  const std::function<std::string()>& measure) {
  try {
    const std::string measured = measure();
    return {.witness = witness, .measured = measured, .agrees = measured == claim};
  } catch (const MeasurementError& error) {
    return {.witness = witness, .measured = fmt::format("error: {}", error.what())};
  }
}

}  // namespace

void Certifier::ask(const std::string& name, std::string_view claim,
                    const std::function<std::string(Testbed&)>& measure) {
  add(name, claim, testify(Witness::both_sides, claim, [&] {
        Testbed bed(setting_, make_());
        return measure(bed);
      }));
}

void Certifier::ask_lifetime(const std::string& name, Duration claim,
                             const std::function<std::string(Testbed&, Duration)>& measure) {
  const std::string claimed = fmt::format("{:g} s", seconds(claim));
  if (can_wait_for(claim)) {
    ask(name, claimed, [&](Testbed& bed) { return measure(bed, claim); });
  } else {
    leave_out(name, claimed, "it ages by the machine's clock");
  }
}

void Certifier::leave_out(const std::string& name, std::string_view claim, std::string why) {
  properties_.push_back({name, std::string(claim), {}, std::move(why)});
}

bool Certifier::can_wait_for(Duration claim) const {
  constexpr auto longest_wait = std::chrono::seconds(8);
  return !in_real_time_ || claim <= longest_wait;
}

void Certifier::look_from_inside(const NatBehavior& claim, const Witnesses& witnesses) {
  if (!can_be_discovered(claim)) return;
  try {
    if (witnesses.rfc5780) ask_rfc5780(claim);
    if (witnesses.natdiscovery) ask_natdiscovery(claim);
  } catch (const MeasurementError& error) {
    add("STUN server", "answers",
        {.witness = Witness::rfc5780, .measured = fmt::format("error: {}", error.what())});
  }
}

void Certifier::ask_rfc5780(const NatBehavior& claim) {
  const auto discover = [&](const Retransmission& retransmission) {
    Testbed bed(setting_, make_());
    InsideView view(bed);
    return compare_with_claim(claim, view.discover(retransmission));
  };
  auto said = discover(quick);
  const bool doubtful =
      std::ranges::any_of(said, [](const InsideTestimony& each) { return !each.testimony.agrees; });
  if (doubtful) said = discover(patient);
  for (auto& each : said) add(each.property, each.claim, std::move(each.testimony));
}

void Certifier::ask_natdiscovery(const NatBehavior& claim) {
  Testbed bed(setting_, make_());
  InsideView view(bed);
  if (shows_its_mapping_to_one_socket(claim)) {
    const auto mapping = to_string(claim.mapping);
    add("UDP mapping", mapping, testify(Witness::natdiscovery, mapping, [&] {
          return view.ask_natdiscovery_for_mapping();
        }));
  }
  const auto filtering = to_string(claim.filtering);
  add("UDP filtering", filtering, testify(Witness::natdiscovery, filtering, [&] {
        return view.ask_natdiscovery_for_filtering();
      }));
}

void Certifier::add(const std::string& name, std::string_view claim, Testimony testimony) {
  auto property = std::ranges::find(properties_, name, &Property::name);
  if (property == properties_.end())
    property = properties_.insert(property, {name, std::string(claim), {}});
  property->testimonies.push_back(std::move(testimony));
}

}  // namespace icelab

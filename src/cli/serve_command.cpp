#include "src/base/error.h"
#include "src/base/event_loop.h"
#include "src/base/file.h"
#include "src/base/limits.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"
#include "src/serve/web_server.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace icelab {
namespace {

constexpr const char* footer =
    "It serves the call page and carries the signalling of rooms of two (docs/signalling.md).\n"
    "Browsers give a page camera and microphone over HTTPS, or from localhost: give --certificate\n"
    "and --key, or let a reverse proxy speak HTTPS (docs/serve.md has one, and a systemd unit).\n"
    "TURN credentials are made for each client and end with the time: coturn's use-auth-secret "
    "and\n"
    "static-auth-secret. The secret is read from a file, or from ICELAB_TURN_SECRET.\n"
    "A browser's request names a host: localhost, an address, or a name that --host gives;\n"
    "others get status 421.\n"
    "/healthz says that it runs, and /metrics how it fares, in Prometheus' text format.\n"
    "SIGTERM and Ctrl-C tell every client, and end it with status 0.\n"
    "Example: icelab serve --host call.example.org --turn turn:turn.example.org:3478 \\\n"
    "           --turn-secret-file /etc/icelab/secret";

constexpr size_t largest_secret = 4096;

struct ServeOptions {
  std::vector<std::string> listen{"127.0.0.1:8080"};
  std::string pages;
  std::string certificate;
  std::string key;
  SiteNames names;
  std::vector<std::string> proxies;
  std::vector<std::string> operators{"127.0.0.0/8", "::1"};
  IceService service;
  std::string secret_file;
  size_t connections = SignallingLimits{}.connections;
  size_t source_connections = SourceLimits{}.connections;
};

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

std::string read_secret(const ServeOptions& options) {
  if (!options.secret_file.empty()) {
    try {
      return trimmed(read_file(options.secret_file, largest_secret));
    } catch (const SystemError& error) {
      throw UsageError(error.what());
    }
  }
  const char* variable = std::getenv("ICELAB_TURN_SECRET");
  return variable != nullptr ? variable : "";
}

void require_form(const std::string& uri, const std::vector<std::string>& schemes) {
  for (const auto& scheme : schemes) {
    if (uri.starts_with(scheme + ":") && uri.size() > scheme.size() + 1) return;
  }
  throw UsageError(fmt::format("serve: '{}' is no URI of the kind {}:HOST:PORT", uri, schemes[0]));
}

IceService ice_service(const ServeOptions& options) {
  IceService service = options.service;
  for (const auto& uri : service.stun) require_form(uri, {"stun", "stuns"});
  for (const auto& uri : service.turn) require_form(uri, {"turn", "turns"});
  if (service.turn.empty()) return service;
  service.turn_secret = read_secret(options);
  if (service.turn_secret.empty()) {
    throw UsageError(
        "serve: --turn needs the secret that is shared with the TURN server: give "
        "--turn-secret-file FILE, or set ICELAB_TURN_SECRET");
  }
  return service;
}

std::vector<IpPrefix> read_prefixes(std::string_view option,
                                    const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const auto& text : texts) {
    if (const auto address = IpAddress::parse(text)) {
      prefixes.push_back({.address = *address, .length = address->is_v4() ? 32 : 128});
    } else if (const auto prefix = IpPrefix::parse(text)) {
      prefixes.push_back(*prefix);
    } else {
      throw UsageError(
          fmt::format("serve: {} '{}': it takes an address or a prefix, as 127.0.0.1 or 10.0.0.0/8",
                      option, text));
    }
  }
  return prefixes;
}

WebServerOptions server_options(const ServeOptions& options) {
  if (options.certificate.empty() != options.key.empty())
    throw UsageError("serve: --certificate and --key go together");
  WebServerOptions server{.listen = {},
                          .certificate = options.certificate,
                          .key = options.key,
                          .names = options.names,
                          .proxies = read_prefixes("--trusted-proxy", options.proxies),
                          .operators = read_prefixes("--metrics-from", options.operators),
                          .limits = {}};
  server.limits.connections = options.connections;
  server.limits.source = source_limits(options.source_connections);
  for (const auto& text : options.listen) {
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint) {
      throw UsageError(
          fmt::format("serve: --listen '{}': it takes ADDRESS:PORT, as 127.0.0.1:8080 or "
                      "[::1]:8080",
                      text));
    }
    server.listen.push_back(*endpoint);
  }
  return server;
}

int serve(const ServeOptions& options) {
  raise_descriptor_limit();
  const std::filesystem::path pages =
      options.pages.empty() ? built_pages() : std::filesystem::path(options.pages);
  EventLoop loop;
  std::optional<WebServer> server;
  const auto end = [&] {
    if (!server) return loop.quit();
    server->shut_down([&loop] { loop.quit(); });
  };
  const auto terminate = loop.on_signal(SIGTERM, end);
  const auto interrupt = loop.on_signal(SIGINT, end);
  server.emplace(loop, server_options(options), Pages::load(pages), ice_service(options));
  for (const auto& link : server->links()) std::cout << link << '\n';
  std::cout.flush();
  loop.run();
  return exit_as_expected;
}

}  // namespace

void add_serve_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("serve", "The call page, and the signalling of rooms of two");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("--listen", options->listen, "Where: ADDRESS:PORT, again for more")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command->add_option("--pages", options->pages, "The folder that the pages were built into")
      ->type_name("DIR");
  command->add_option("--certificate", options->certificate, "Serve HTTPS with this (PEM)")
      ->type_name("FILE");
  command->add_option("--key", options->key, "The certificate's private key (PEM)")
      ->type_name("FILE");
  command
      ->add_option("--host", options->names.hosts,
                   "A name that this server goes by, as call.example.org; again for more")
      ->type_name("NAME");
  command
      ->add_option("--origin", options->names.origins,
                   "Pages of this origin may signal too, as https://example.org; again for more")
      ->type_name("ORIGIN");
  command->add_option("--stun", options->service.stun, "A STUN server for clients; again for more")
      ->type_name("URI");
  command->add_option("--turn", options->service.turn, "A TURN server for clients; again for more")
      ->type_name("URI");
  command
      ->add_option("--turn-secret-file", options->secret_file,
                   "The secret that is shared with the TURN server")
      ->type_name("FILE");
  command->add_option("--connections", options->connections, "The most clients at once")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      ->add_option("--source-connections", options->source_connections,
                   "The most clients at once of one address, or IPv6 /64; its rates go with it")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command
      ->add_option("--trusted-proxy", options->proxies,
                   "Believe what the proxy here says of its clients in Forwarded; again for more")
      ->type_name("ADDRESS[/LENGTH]");
  command->add_option("--metrics-from", options->operators, "Who may read /metrics; again for more")
      ->type_name("ADDRESS[/LENGTH]")
      ->capture_default_str();
  command->footer(footer);
  command->callback([options, &action] { action = [options] { return serve(*options); }; });
}

}  // namespace icelab

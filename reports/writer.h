#pragma once

#include "reports/report.h"

#include <string>
#include <string_view>

namespace icelab {

// The files of a report and their names, which are told nowhere else.

inline constexpr std::string_view report_file = "report.json";
inline constexpr std::string_view junit_file = "junit.xml";

/// Where a run's own file goes, relative to the report: artifact_file(run, "captures", ".pcapng")
/// is "captures/classic_full-cone_symmetric.pcapng". Runs that differ get names that differ.
std::string artifact_file(const RunReport& run, std::string_view folder,
                          std::string_view extension);

/// Replaces a file's content at once: a reader, or a full disk, meets the old content or the new,
/// never a part of it. Throws SystemError ("writing PATH").
void write_file(const std::string& path, std::string_view content);

/// The same, and even a machine that loses its power a moment later has the old content or the new.
/// It waits for the disk, which may take as long as a whole run: not for use while runs are alive.
void write_lasting_file(const std::string& path, std::string_view content);

/// Makes a folder and those above it, if they are missing. Throws SystemError ("making the folder
/// PATH").
void make_folder(const std::string& path);

/// Writes every rendering into the folder, making it if it is missing.
void write_report(const Report& report, const std::string& folder);

}  // namespace icelab

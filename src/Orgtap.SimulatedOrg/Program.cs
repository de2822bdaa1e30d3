using System.CommandLine;
using Orgtap.SimulatedOrg.Hosting;

// Removing gigabytes of Bulk results takes its time on a busy disk.
return await CommandLine.Build().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });

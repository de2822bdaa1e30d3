using Orgtap.SimulatedOrg.Hosting;

return await CommandLine.Build().Parse(args).InvokeAsync();

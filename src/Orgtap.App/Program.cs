using System.Runtime.InteropServices;
using Orgtap.App.Cli;

using var stopping = new CancellationTokenSource();
// The first signal asks for a clean stop (finish and commit the page); the second is left to the system and ends the process.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

return await OrgtapCommand.RunAsync(args, Terminal.OfProcess(), stopping.Token);

void Stop(PosixSignalContext context)
{
    if (stopping.IsCancellationRequested) return;
    context.Cancel = true;
    stopping.Cancel();
}

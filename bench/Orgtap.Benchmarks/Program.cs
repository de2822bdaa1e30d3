using Orgtap.Benchmarks;

if (args is not ["first-load", .. var rest])
{
    await Console.Error.WriteLineAsync("usage: bench/run first-load [--rows 500000] [--rounds 5] [--page 50000] [--work DIR]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
return await FirstLoad.RunAsync(FirstLoadOptions.Parse(rest), stop.Token);

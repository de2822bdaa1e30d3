using System.Diagnostics;
using System.Globalization;
using Orgtap.IntegrationTests.Programs;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>One of the processes, whichever stands in its place.</summary>
internal sealed class Member(params string[] arguments) : IAsyncDisposable
{
    private Process? _process;
    private int _asleep;
    private string _last = "";

    public string[] Arguments => arguments;

    public bool IsThere => _process is { HasExited: false };

    public bool IsFrozen => IsThere && _asleep > 0;

    public void Start(OrgtapProgram orgtap)
    {
        _process?.Dispose();
        _process = orgtap.Start(arguments);
        _process.StandardInput.Close();
        _process.ErrorDataReceived += (_, line) => _last = line.Data ?? _last;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public async Task KillAsync()
    {
        if (_process is not { HasExited: false } process) return;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        _asleep = 0;
    }

    public void Freeze(int seconds)
    {
        if (_asleep > 0) return;
        _asleep = seconds;
        Signal("STOP");
    }

    public void Tick()
    {
        if (_asleep > 0 && --_asleep == 0) Signal("CONT");
    }

    public void Wake()
    {
        if (_asleep > 0) Signal("CONT");
        _asleep = 0;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    public override string ToString() => $"{string.Join(' ', arguments)}: {(IsThere ? IsFrozen ? "frozen" : "there" : "gone")}; said last: {_last}";

    private void Signal(string signal)
    {
        if (!IsThere) return;
        using var kill = Process.Start("kill", ["-s", signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}

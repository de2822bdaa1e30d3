using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Orgtap.App.Composition;

/// <summary>
/// Gives measures and traces out: measures as text for Prometheus at <c>/metrics</c>, and both over OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector (OpenTelemetry's own variables set the rest).
/// </summary>
public sealed class TelemetryExport : IDisposable
{
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Meters = ["Orgtap", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql"];
    private static readonly string[] Sources = ["Orgtap", "Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Quartz"];

    private readonly TracerProvider? _traces;

    public TelemetryExport(InstallationSettings settings)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("orgtap", serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3));
        var meters = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddPrometheusExporter();
        if (settings.Collector is { } collector)
        {
            meters = meters.AddOtlpExporter(options => To(options, "v1/metrics"));
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter(options => To(options, "v1/traces")).Build();

            void To(OtlpExporterOptions options, string path)
            {
                options.Protocol = settings.CollectorSpeaksGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
                // An endpoint that is set here is taken as it is.
                options.Endpoint = settings.CollectorSpeaksGrpc ? collector : new Uri($"{collector.AbsoluteUri.TrimEnd('/')}/{path}");
            }
        }
        Measures = meters.Build();
    }

    public MeterProvider Measures { get; }

    /// <summary>Sends what was gathered, at the end of the process or of a test.</summary>
    public void Flush()
    {
        Measures.ForceFlush(5_000);
        _traces?.ForceFlush(5_000);
    }

    public void Dispose()
    {
        _traces?.Dispose();
        Measures.Dispose();
    }
}

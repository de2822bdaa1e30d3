namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>A refusal by Bulk API 1.0: 400 with <c>exceptionCode</c> and <c>exceptionMessage</c>.</summary>
internal sealed class AsyncRefusal(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    public static AsyncRefusal InvalidJob(string id) => new("InvalidJob", $"Unable to find object: {id}");

    public static AsyncRefusal InvalidBatch(string id) => new("InvalidBatch", $"Unable to find batch: {id}");
}

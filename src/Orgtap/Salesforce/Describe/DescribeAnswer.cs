namespace Orgtap.Salesforce.Describe;

/// <summary>A describe as it arrived.</summary>
/// <param name="Body">JSON; null: not modified since the time that was given.</param>
/// <param name="LastModified">To be sent back with the next question, word for word; null where the org gives none.</param>
public sealed record DescribeAnswer(string? Body, string? LastModified);

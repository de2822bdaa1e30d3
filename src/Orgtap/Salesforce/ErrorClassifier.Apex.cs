using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>What Apex in the org throws and does not catch: one code, <c>APEX_ERROR</c>, with the exception as its text.</summary>
public static partial class ErrorClassifier
{
    private static (FailureKind Kind, string Message, string NextStep) SayApex(string subject, string text)
    {
        if (Says("already scheduled for execution"))
            return (FailureKind.InvalidInput, "The org has a scheduled job of this name already.", "Nothing was changed. Look again: somebody may have scheduled it in Setup meanwhile.");
        if (Says("Invalid job id") || Says("Invalid id"))
            return (FailureKind.InvalidInput, "The job is no longer in the org.", "Nothing was changed. Look again: it has ended, or somebody removed it in Setup.");
        if (Says("allowlist"))
            return (FailureKind.Permission, "The package in the org may not touch this job: its allowlist does not name the job's Apex class.", "Setup > Custom Metadata Types > Org Job Class > Manage Records: add the class, if it may be stopped and started from outside.");
        if (Says("maximum number"))
            return (FailureKind.InvalidInput, "The org has as many scheduled Apex jobs as it may have.", "Setup > Scheduled Jobs: remove one that is not needed, then start this one again. Nothing was changed.");
        if (Says("will never fire") || Says("StringException"))
            return (FailureKind.InvalidInput, "Salesforce no longer accepts the job's schedule: it has no next time.", "Schedule the class anew in Setup > Apex Classes > Schedule Apex. Nothing was changed.");
        if (Says("TypeException"))
            return (FailureKind.InvalidInput, "The job's Apex class is gone from the org, or can no longer be scheduled.", "Ask the org's developers about the class. Nothing was changed.");
        return (FailureKind.Unsupported, $"Apex in the org failed ({subject}).", "The org's developers can tell from the details below. Nothing was changed.");

        bool Says(string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}

using System.Collections.Frozen;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>All objects of the simulated org.</summary>
internal static class StandardObjects
{
    public static IEnumerable<SObjectType> All(int extraObjects, int extraFields) =>
        CustomerObjects.All().Concat(SalesObjects.All()).Concat(ActivityObjects.All()).Concat(SupportObjects.All())
            .Concat(ChatObjects.All()).Concat(MessagingObjects.All()).Concat(FeedObjects.All()).Concat(JobObjects.All()).Concat(CompanionObjects.All()).Concat(SetupObjects.All()).Concat(CustomObjects.All()).Concat(ExtraObjects.All(extraObjects, extraFields));

    /// <param name="traits">System fields the object has, and what makes it different from a plain queryable object.</param>
    internal static SObjectType Define(string name, string prefix, string plural, string table, Traits traits = Traits.Plain) =>
        new(new Lazy<FieldIndex>(() => new FieldIndex([.. Fields(table, traits)], FrozenSet<string>.Empty)))
        {
            Name = name, KeyPrefix = prefix, Label = TypeDefaults.LabelOf(name), LabelPlural = plural,
            Custom = name.EndsWith("__c", StringComparison.Ordinal),
            Queryable = !traits.HasFlag(Traits.NotQueryable), Replicateable = !traits.HasFlag(Traits.NotReplicateable),
            Retrieveable = !traits.HasFlag(Traits.NotQueryable), BulkSupported = !traits.HasFlag(Traits.NotInBulk),
            Searchable = !traits.HasFlag(Traits.ReadOnly), Createable = !traits.HasFlag(Traits.ReadOnly), Updateable = !traits.HasFlag(Traits.ReadOnly),
            HasIsDeleted = !traits.HasFlag(Traits.NoIsDeleted),
            Deletable = !traits.HasFlag(Traits.ReadOnly), Undeletable = !traits.HasFlag(Traits.NoIsDeleted) && !traits.HasFlag(Traits.ReadOnly),
            Triggerable = !traits.HasFlag(Traits.ReadOnly), Mergeable = name is "Account" or "Contact" or "Lead",
            FeedEnabled = name is "Account" or "Contact" or "Lead" or "Opportunity" or "Case" or "User",
        };

    private static IEnumerable<FieldType> Fields(string table, Traits traits)
    {
        yield return SystemFields.Id;
        if (!traits.HasFlag(Traits.NoIsDeleted)) yield return SystemFields.IsDeleted;
        foreach (var field in FieldTable.Read(table)) yield return field;
        if (traits.HasFlag(Traits.NoStamps)) yield break;
        foreach (var field in SystemFields.Created) yield return field;
        if (traits.HasFlag(Traits.OnlyCreated)) yield break;
        foreach (var field in SystemFields.Modified) yield return field;
    }
}

/// <summary>How an object differs from a plain one.</summary>
[Flags]
internal enum Traits
{
    Plain = 0,
    NoIsDeleted = 1,
    OnlyCreated = 2,
    NotQueryable = 4,
    NotReplicateable = 8,
    NotInBulk = 16,
    ReadOnly = 32,
    NoStamps = 64,
}

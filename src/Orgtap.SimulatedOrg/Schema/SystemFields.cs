namespace Orgtap.SimulatedOrg.Schema;

/// <summary>The fields that the platform keeps itself.</summary>
internal static class SystemFields
{
    public static readonly FieldType Id = TypeDefaults.Of("Id", "id", 0, 0) with { Content = "id" };

    public static readonly FieldType IsDeleted = TypeDefaults.Of("IsDeleted", "boolean", 0, 0) with
    { Label = "Deleted", Createable = false, Updateable = false, Permissionable = false, Content = "isdeleted" };

    public static readonly IReadOnlyList<FieldType> Created = [Stamp("CreatedDate", "created"), User("CreatedById", "CreatedBy")];

    public static readonly IReadOnlyList<FieldType> Modified =
        [Stamp("LastModifiedDate", "modified"), User("LastModifiedById", "LastModifiedBy"), Stamp("SystemModstamp", "modstamp")];

    private static FieldType Stamp(string name, string content) => TypeDefaults.Of(name, "datetime", 0, 0) with
    { Nillable = false, Createable = false, Updateable = false, Permissionable = false, DefaultedOnCreate = true, Content = content };

    private static FieldType User(string name, string relationship) => TypeDefaults.Of(name, "reference", 0, 0) with
    {
        Nillable = false, Createable = false, Updateable = false, Permissionable = false, DefaultedOnCreate = true,
        ReferenceTo = ["User"], RelationshipName = relationship, Content = "ref",
    };
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Data;

public sealed class SalesforceIdTests
{
    [Theory]
    [InlineData("0017Q00000EZlby", "0017Q00000EZlbyQAD")]
    [InlineData("001B000001PUvQU", "001B000001PUvQUIA1")]
    [InlineData("005B0000008UC2P", "005B0000008UC2PIAW")]
    [InlineData("0689A0000002c13", "0689A0000002c13QAA")]
    [InlineData("7507Q000009f9tH", "7507Q000009f9tHQAQ")]
    public void Check_characters_are_those_of_real_Ids(string id15, string id18) => Assert.Equal(id18, SalesforceId.Normalize(id15));

    [Fact]
    public void Ids_ascend_with_ordinals() =>
        Prop.ForAll(ArbMap.Default.ArbFor<uint>(), ArbMap.Default.ArbFor<uint>(), (left, right) =>
            Math.Sign(string.CompareOrdinal(SalesforceId.Text("001", left), SalesforceId.Text("001", right))) == left.CompareTo(right)).QuickCheckThrowOnFailure();

    [Fact]
    public void An_Id_leads_back_to_its_ordinal() =>
        Prop.ForAll(ArbMap.Default.ArbFor<uint>(), ordinal =>
            SalesforceId.OrdinalOf(Encoding.ASCII.GetBytes(SalesforceId.Text("a00", ordinal))) == ordinal).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("0017Q00000EZlb")]
    [InlineData("0017Q00000EZlbyQ")]
    [InlineData("0017Q00000EZlb!")]
    public void Other_texts_are_no_Ids(string text) => Assert.Null(SalesforceId.Normalize(text));
}

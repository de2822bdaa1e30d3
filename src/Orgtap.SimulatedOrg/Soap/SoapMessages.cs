using System.Xml.Linq;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Soap;

/// <summary>Answers and faults as XML. Clients cut values out with patterns, so elements of the partner namespace carry no prefix and those of faults do.</summary>
internal static class SoapMessages
{
    public static readonly XNamespace Soap = "http://schemas.xmlsoap.org/soap/envelope/";
    public static readonly XNamespace Partner = "urn:partner.soap.sforce.com";
    private static readonly XNamespace Fault = "urn:fault.partner.soap.sforce.com";
    private static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";

    public static XElement Envelope(XElement answer) => new(Soap + "Envelope",
        new XAttribute(XNamespace.Xmlns + "soapenv", Soap.NamespaceName), new XAttribute("xmlns", Partner.NamespaceName), new XAttribute(XNamespace.Xmlns + "xsi", Instance.NamespaceName),
        new XElement(Soap + "Body", answer));

    public static XElement Envelope(SoapException fault)
    {
        var told = new XElement(Soap + "Fault", new XElement("faultcode", (fault.IsClients ? "soapenv:" : "sf:") + fault.Code),
            new XElement("faultstring", fault.IsClients ? fault.Words : $"{fault.Code}: {fault.Words}"));
        // Which element it is depends on the operation in the real API; clients look for exceptionCode only.
        if (!fault.IsClients)
            told.Add(new XElement("detail", new XElement(Fault + "LoginFault", new XAttribute(Instance + "type", "sf:LoginFault"),
                new XElement(Fault + "exceptionCode", fault.Code), new XElement(Fault + "exceptionMessage", fault.Words))));
        return new XElement(Soap + "Envelope",
            new XAttribute(XNamespace.Xmlns + "soapenv", Soap.NamespaceName), new XAttribute(XNamespace.Xmlns + "sf", Fault.NamespaceName), new XAttribute(XNamespace.Xmlns + "xsi", Instance.NamespaceName),
            new XElement(Soap + "Body", told));
    }

    /// <param name="name">result or userInfo.</param>
    public static XElement UserInfo(string name, OrgUser user, string organizationId, string organizationName, TimeSpan sessionLife) => new(Partner + name,
        Value("accessibilityMode", false),
        Value("chatterExternal", false),
        Value("currencySymbol", "$"),
        Value("orgAttachmentFileSizeLimit", 5_242_880),
        Value("orgDefaultCurrencyIsoCode", "USD"),
        Value("orgDefaultCurrencyLocale", "en_US"),
        Value("orgDisallowHtmlAttachments", false),
        Value("orgHasPersonAccounts", false),
        Value("organizationId", organizationId),
        Value("organizationMultiCurrency", false),
        Value("organizationName", organizationName),
        Nothing("profileId"),
        Nothing("roleId"),
        Value("sessionSecondsValid", (long)sessionLife.TotalSeconds),
        Nothing("userDefaultCurrencyIsoCode"),
        Value("userEmail", user.Email),
        Value("userFullName", user.Name),
        Value("userId", user.Id),
        Value("userLanguage", "en_US"),
        Value("userLocale", "en_US"),
        Value("userName", user.Username),
        Value("userTimeZone", "Europe/Berlin"),
        Value("userType", "Standard"),
        Value("userUiSkin", "Theme3"));

    public static XElement Value(string name, object value) => new(Partner + name, value);

    public static Task SendAsync(HttpContext context, int status, XElement envelope)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/xml;charset=UTF-8";
        context.Response.Headers.CacheControl = "no-cache,must-revalidate,max-age=0,no-store,private";
        return context.Response.WriteAsync("""<?xml version="1.0" encoding="UTF-8"?>""" + envelope.ToString(SaveOptions.DisableFormatting), context.RequestAborted);
    }

    private static XElement Nothing(string name) => new(Partner + name, new XAttribute(Instance + "nil", "true"));
}

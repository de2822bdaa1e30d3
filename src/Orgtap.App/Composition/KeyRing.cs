using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Orgtap.Primitives;

namespace Orgtap.App.Composition;

/// <summary>How well the keys that encrypt stored secrets are kept.</summary>
public enum KeyRingState
{
    /// <summary>Every key is wrapped with the key from outside.</summary>
    Wrapped,

    /// <summary>A key file is in use, but older keys still lie in clear.</summary>
    PartlyWrapped,

    /// <summary>Whoever reads the data directory, or the database the keys lie in, can decrypt every secret.</summary>
    InClear,
}

/// <summary>Sets up the rotating keys that encrypt stored secrets and cookies: in <c>DATA/keys</c>, or in the control store where that is PostgreSQL.</summary>
public static class KeyRing
{
    /// <summary>Fixed for ever: it is part of every purpose, so another name could decrypt nothing.</summary>
    private const string ApplicationName = "Orgtap";

    public static void Add(IServiceCollection services, Installation installation)
    {
        var settings = installation.Settings;
        var keys = services.AddDataProtection().SetApplicationName(ApplicationName);
        if (settings.Database is not null)
        {
            services.Configure<KeyManagementOptions>(options => options.XmlRepository = new KeyRingTable(installation.Store, installation.Time));
        }
        else
        {
            PrivateDirectory.Ensure(DirectoryOf(settings));
            keys.PersistKeysToFileSystem(new DirectoryInfo(DirectoryOf(settings)));
        }
        switch (settings.KeyFile is null ? null : WrappingKey.Read(settings.KeyFile, settings.KeyPassword))
        {
            case WrappingKey.Certificate { Value: var certificate }:
                keys.ProtectKeysWithCertificate(certificate).UnprotectKeysWithAnyCertificate(certificate);
                break;
            case WrappingKey.Aes key:
                services.AddSingleton(key);
                services.Configure<KeyManagementOptions>(options => options.XmlEncryptor = new KeyFileEncryptor(key));
                break;
        }
    }

    /// <summary>Looks at the stored keys themselves, so that it cannot claim more than what is there.</summary>
    public static KeyRingState StateOf(Installation installation)
    {
        var inClear = 0;
        var wrapped = 0;
        foreach (var key in KeysOf(installation))
        {
            if (IsWrapped(key)) wrapped++;
            else inClear++;
        }
        return inClear == 0 && (wrapped > 0 || installation.Settings.KeyFile is not null) ? KeyRingState.Wrapped
            : wrapped > 0 ? KeyRingState.PartlyWrapped
            : KeyRingState.InClear;
    }

    /// <summary>Whether a stored key cannot be used without the key from outside.</summary>
    internal static bool IsWrapped(XElement key) => key.Descendants().Any(element => element.Name.LocalName == "encryptedSecret");

    /// <summary>One sentence for start-up and the system page; null when there is nothing to say.</summary>
    public static string? WarningOf(Installation installation) => (StateOf(installation), installation.Settings.Database is null ? "data directory" : "database") switch
    {
        (KeyRingState.InClear, var place) => $"Stored secrets are encrypted, but their keys lie beside them in the {place}. Set ORGTAP_KEY_FILE to a key kept elsewhere.",
        (KeyRingState.PartlyWrapped, var place) => $"Keys made before ORGTAP_KEY_FILE was set still lie in the {place} in clear.",
        _ => null,
    };

    private static IEnumerable<XElement> KeysOf(Installation installation)
    {
        if (installation.Settings.Database is not null) return new KeyRingTable(installation.Store, installation.Time).GetAllElements();
        var directory = DirectoryOf(installation.Settings);
        return Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "key-*.xml").Select(file => XDocument.Load(file).Root!) : [];
    }

    private static string DirectoryOf(InstallationSettings settings) => Path.Combine(settings.DataDirectory, "keys");
}

/// <summary>Wraps a key of the ring with AES-256-GCM under the key file.</summary>
internal sealed class KeyFileEncryptor(WrappingKey.Aes key) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = System.Text.Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var sealedBytes = new byte[AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize + plain.Length];
        var nonce = sealedBytes.AsSpan(0, AesGcm.NonceByteSizes.MaxSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key.Key, AesGcm.TagByteSizes.MaxSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(nonce.Length + AesGcm.TagByteSizes.MaxSize), sealedBytes.AsSpan(nonce.Length, AesGcm.TagByteSizes.MaxSize));
        CryptographicOperations.ZeroMemory(plain);
        return new EncryptedXmlInfo(new XElement("keyFileSealed", Convert.ToBase64String(sealedBytes)), typeof(KeyFileDecryptor));
    }
}

/// <summary>Unwraps what <see cref="KeyFileEncryptor"/> wrapped. Made by the key ring itself, by its stored type name.</summary>
public sealed class KeyFileDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var key = services.GetService<WrappingKey.Aes>()
            ?? throw new InvalidInputException("The stored secrets' keys are wrapped with a key file, and none was given.", "Set ORGTAP_KEY_FILE to the key file this installation was started with before.");
        var sealedBytes = Convert.FromBase64String(encryptedElement.Value);
        var nonce = sealedBytes.AsSpan(0, AesGcm.NonceByteSizes.MaxSize);
        var tag = sealedBytes.AsSpan(nonce.Length, AesGcm.TagByteSizes.MaxSize);
        var plain = new byte[sealedBytes.Length - nonce.Length - tag.Length];
        using var aes = new AesGcm(key.Key, AesGcm.TagByteSizes.MaxSize);
        aes.Decrypt(nonce, sealedBytes.AsSpan(nonce.Length + tag.Length), tag, plain);
        return XElement.Parse(System.Text.Encoding.UTF8.GetString(plain));
    }
}

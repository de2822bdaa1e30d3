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

    /// <summary>Whoever reads the data directory can decrypt every secret.</summary>
    InClear,
}

/// <summary>Sets up the rotating keys in <c>DATA/keys</c> that encrypt stored secrets and cookies.</summary>
public static class KeyRing
{
    /// <summary>Fixed for ever: it is part of every purpose, so another name could decrypt nothing.</summary>
    private const string ApplicationName = "Orgtap";

    public static void Add(IServiceCollection services, InstallationSettings settings)
    {
        var directory = DirectoryOf(settings);
        PrivateDirectory.Ensure(directory);
        var keys = services.AddDataProtection().SetApplicationName(ApplicationName).PersistKeysToFileSystem(new DirectoryInfo(directory));
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

    /// <summary>Looks at the stored keys themselves, so that it cannot claim more than what is on disk.</summary>
    public static KeyRingState StateOf(InstallationSettings settings)
    {
        var directory = DirectoryOf(settings);
        if (!Directory.Exists(directory)) return settings.KeyFile is null ? KeyRingState.InClear : KeyRingState.Wrapped;
        var inClear = 0;
        var wrapped = 0;
        foreach (var file in Directory.EnumerateFiles(directory, "key-*.xml"))
        {
            var root = XDocument.Load(file).Root;
            if (root?.Descendants().Any(element => element.Name.LocalName == "encryptedSecret") == true) wrapped++;
            else inClear++;
        }
        return inClear == 0 && (wrapped > 0 || settings.KeyFile is not null) ? KeyRingState.Wrapped
            : wrapped > 0 ? KeyRingState.PartlyWrapped
            : KeyRingState.InClear;
    }

    /// <summary>One sentence for start-up and the system page; null when there is nothing to say.</summary>
    public static string? WarningOf(InstallationSettings settings) => StateOf(settings) switch
    {
        KeyRingState.InClear => "Stored secrets are encrypted, but their keys lie beside them in the data directory. Set ORGTAP_KEY_FILE to a key kept elsewhere.",
        KeyRingState.PartlyWrapped => "Keys made before ORGTAP_KEY_FILE was set still lie in the data directory in clear.",
        _ => null,
    };

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

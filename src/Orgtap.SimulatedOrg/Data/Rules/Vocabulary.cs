using System.Text;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>Words that base rows are made of, as UTF-8.</summary>
internal static class Vocabulary
{
    public static readonly byte[][] Words = List("account|agreement|assembly|balance|battery|blue|call|carrier|change|client|cloud|contract|control|copper|customer|data|delay|delivery|design|device|discount|draft|energy|engine|engineer|estimate|export|factory|field|final|follow-up|forecast|freight|global|green|growth|hardware|import|index|industrial|insight|install|invoice|item|kit|label|launch|lead|license|line|local|logistics|machine|maintenance|manual|market|meeting|metal|model|module|monthly|network|north|note|offer|office|onboarding|order|package|panel|parts|payment|pending|phase|pilot|plan|plant|policy|power|premium|price|priority|process|product|project|proposal|pump|purchase|quality|quarter|quote|rail|regional|remote|renewal|repair|report|request|review|route|safety|sales|sample|schedule|security|sensor|service|shipment|signal|site|software|solar|solution|south|spare|standard|steel|stock|storage|summary|supply|support|survey|system|team|technical|tender|terms|test|ticket|training|transfer|transit|turbine|unit|update|upgrade|urgent|valve|vendor|visit|warehouse|warranty|water|weekly|wind|wire|workshop|yearly");
    /// <summary>The same words with the space behind them.</summary>
    public static readonly byte[][] SpacedWords = [.. Words.Select(word => (byte[])[.. word, (byte)' '])];
    public static readonly byte[][] FirstNames = List("Ada|Aiko|Amir|Ana|Andrés|Anke|Björn|Carla|Chloé|Dana|David|Elif|Emma|Erik|Fatima|Femi|Giulia|Grace|Hana|Hans|Ines|Ivan|Jack|José|Julia|Jürgen|Kai|Lara|Liam|Lucía|Maja|Marco|Maria|Mehmet|Mia|Mohammed|Nadia|Nils|Noah|Nora|Olga|Omar|Paul|Petra|Priya|Rosa|Samuel|Sara|Sofia|Søren|Thomas|Uma|Victor|Wei|Xavier|Yuki|Zoë|李|Мария|محمد");
    public static readonly byte[][] LastNames = List("Adams|Almeida|Andersson|Bauer|Becker|Bianchi|Brown|Castro|Chen|Cohen|D'Cruz|da Silva|Dubois|Evans|Fernández|Fischer|Garcia|Gonzalez|Hansen|Hoffmann|Ito|Ivanova|Jansen|Johnson|Kim|Kowalski|Kumar|Larsen|Le Goff|Lee|López|Martin|Meyer|Müller|Nakamura|Nguyen|Novák|O'Brien|Okafor|Olsen|Park|Patel|Petrov|Quist|Rossi|Saito|Santos|Schmidt|Singh|Smith|Suzuki|Tanaka|Taylor|Ueda|van den Berg|Weber|Wilson|Yılmaz|Zhang|山田");
    public static readonly byte[][] CompanyHeads = List("Acme|Alpine|Apex|Atlas|Aurora|Beacon|Blue Ridge|Cascade|Cedar|Cobalt|Compass|Crescent|Delta|Edge|Evergreen|Falcon|Gene|Global|Granite|Harbor|Highland|Horizon|Keystone|Lakeside|Liberty|Lighthouse|Lunar|Meridian|Metro|Nordic|Northwind|Océan|Orion|Pacific|Pinnacle|Pioneer|Prairie|Pyramid|Quantum|Redwood|River|Sapphire|Silver|Solstice|Summit|Sunrise|Tidewater|Union|United|Valley|Vertex|Westfield|Zenith");
    public static readonly byte[][] CompanyTails = List("Analytics|Builders|Chemicals|Construction|Consulting|Dynamics|Electric|Energy|Engineering|Foods|Freight|Health|Holdings|Hotels & Resorts|Industries|Instruments|Labs|Logistics|Manufacturing|Media|Motors|Oil & Gas|Partners|Pharma|Plastics|Robotics|Software|Steel|Systems|Technologies|Textiles|Transport|Water Works");
    public static readonly byte[][] CompanyForms = List("Inc.|LLC|Ltd|GmbH|AG|S.A.|plc|Corp.|Co., Ltd.|& Sons|K.K.|B.V.");
    public static readonly byte[][] Cities = List("Amsterdam|Austin|Berlin|Boston|Chicago|Dublin|Köln|Lisbon|London|Lyon|Madrid|Malmö|Melbourne|Milano|München|New York|Osaka|Paris|Portland|Praha|San Francisco|São Paulo|Singapore|Sydney|Tokyo|Toronto|Warszawa|Wien|Zürich|İstanbul|القاهرة");
    public static readonly byte[][] States = List("CA|NY|TX|OR|MA|IL|Bayern|Berlin|Nordrhein-Westfalen|Île-de-France|Ontario|New South Wales|Tokyo");
    public static readonly byte[][] Countries = List("USA|Germany|France|Japan|Australia|Canada|United Kingdom|Brazil|Côte d'Ivoire|Türkiye");
    public static readonly byte[][] Streets = List("Main Street|Market Street|High Street|Bahnhofstraße|Rue de Rivoli|Broadway|Park Avenue|Industrial Way|Harbour Road|Königsallee|Calle Mayor|Oak Lane");
    public static readonly byte[][] Titles = List("CEO|CFO|CTO|VP Sales|VP, Operations|SVP, Procurement|Director of IT|Head of Logistics|Buyer|Engineer|Assistant|Account Manager|Geschäftsführer|Plant Manager|Analyst");
    public static readonly byte[][] Products = List("GenWatt Diesel|GenWatt Gasoline|GenWatt Propane|Solar Panel|Wind Turbine|Power Cable|Control Unit|Service Plan: Gold|Service Plan: Silver|Battery Pack|Valve Set 3/4\"|Sensor Kit|SLA: Bronze|Installation: Portable|Pump Station");

    /// <summary>What breaks careless readers: quotes, separators, scripts, combining marks, formulas, escapes, words that look like null.</summary>
    public static readonly byte[][] Nasty = List("says \"yes\"|\"quoted\"|\"|a, b, c|;semi;colon|C:\\temp\\new|\\|\\\"|\\N|=SUM(A1:A9)|'=1+1|+49 (0)30|@home|-5|🚀|👩‍👩‍👧‍👦 family|e\u0301le\u0300ve|Zal\u0334go|مرحبا بالعالم|שלום|\u202Eabc\u202C|日本語|тест|null|NULL|NaN|true|0x1F|1e5|007|<b>&amp;</b>|&#39;|%20|{\"a\":1}|\u00A0|\u2028|\uFEFFbom|ﬁ|ß|İ");

    private static byte[][] List(string words) => [.. words.Split('|').Select(Encoding.UTF8.GetBytes)];
}
